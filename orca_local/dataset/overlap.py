"""Finds training prompts that overlap held-out prompts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from orca_local.dataset.similar import ngrams
from orca_local.domain.text import normalize_words

NGRAM = 8
"""Words per n-gram: long enough that two questions rarely share one by chance."""
COMMON = 4
"""An n-gram in this many prompts is part of the task's wording."""
MIN_SHARE, MIN_NGRAMS = 0.8, 5
"""A prompt overlaps if this share of its distinctive n-grams, and this many, occur in held-out prompts."""


class HeldOutPrompts:
    """The prompts of the probe and holdout samples."""

    def __init__(self, held_out: Iterable[str], training: Iterable[str]) -> None:
        """All prompts are needed: n-grams that many of them share, such as a definition, do not count as overlap."""
        held_out = [*held_out]
        self._whole = {normalize_words(prompt) for prompt in held_out}
        counts = Counter(ngram for prompt in held_out for ngram in ngrams(prompt, NGRAM))
        self._ngrams = frozenset(counts)
        counts.update(ngram for prompt in training for ngram in ngrams(prompt, NGRAM))
        self._common = frozenset(ngram for ngram, count in counts.items() if count >= COMMON)

    def overlaps(self, prompt: str) -> bool:
        """Whether a training prompt equals a held-out prompt, or has most of its distinctive n-grams in common."""
        if normalize_words(prompt) in self._whole:
            return True
        distinctive = ngrams(prompt, NGRAM) - self._common
        shared = len(distinctive & self._ngrams)
        return shared >= MIN_NGRAMS and shared >= MIN_SHARE * len(distinctive)
