"""Finds training samples that overlap held-out ones: probe and holdout samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from orca_local.dataset.similar import Ngrams, ngrams
from orca_local.domain.text import normalize_words
from orca_local.domain.types import Message, Sample

NGRAM = 8
"""Words per n-gram: long enough that two questions rarely share one by chance."""
COMMON = 4
"""An n-gram in this many samples is part of the task's wording. So is a later turn in this many conversations, such
as "Why?"."""
MIN_SHARE, MIN_NGRAMS = 0.8, 5
"""A turn overlaps if this share of its distinctive n-grams, and this many, occur in held-out prompts."""

Questions = tuple[str, ...]
"""The turns of the user in a conversation, in normalized words; the last of them is the question."""


class HeldOutPrompts:
    """The prompts of the probe and holdout samples. The turns before a prompt are not held out."""

    def __init__(self, held_out: Iterable[Sample], training: Iterable[Sample]) -> None:
        """All samples are needed: n-grams that many of them share, such as a definition, do not count as overlap."""
        held_out = [*held_out]
        self._ngrams: Ngrams = frozenset(ngram for sample in held_out for ngram in ngrams(sample.prompt, NGRAM))
        counts: Counter[tuple[str, ...]] = Counter()
        contexts: dict[str, set[Questions]] = {}
        for group in (held_out, training):
            for sample in group:
                counts.update({ngram for turn in sample.turns for ngram in ngrams(turn.content, NGRAM)})
                for *before, question in _questions(sample.turns):
                    if before:
                        contexts.setdefault(question, set()).add(tuple(before))
        self._common = frozenset(ngram for ngram, count in counts.items() if count >= COMMON)
        self._whole = {[*_questions(sample.turns)][-1] for sample in held_out}
        self._alone = {
            question for *before, question in self._whole if not before or len(contexts.get(question, ())) < COMMON
        }

    def overlaps(self, turns: Sequence[Message]) -> bool:
        """Whether a training conversation holds a held-out question in any of its turns, the last one or an earlier.

        A turn holds it if both are equal, or if it has most of its distinctive n-grams in common with held-out
        prompts.
        """
        if any(question in self._whole for question in _questions(turns)):
            return True
        return any(self._is_held_out(turn.content) for turn in turns)

    def _is_held_out(self, text: str) -> bool:
        if normalize_words(text) in self._alone:
            return True
        distinctive = ngrams(text, NGRAM) - self._common
        shared = len(distinctive & self._ngrams)
        return shared >= MIN_NGRAMS and shared >= MIN_SHARE * len(distinctive)


def _questions(turns: Sequence[Message]) -> Iterator[Questions]:
    """Yield each turn of the user with those before it."""
    asked: list[str] = []
    for turn in turns:
        if turn.role == "user":
            asked.append(normalize_words(turn.content))
            yield tuple(asked)
