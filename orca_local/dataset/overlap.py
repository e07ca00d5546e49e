"""Questions that are asked again where it counts: training prompts that share their words with held-out ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from orca_local.dataset.similar import runs
from orca_local.domain.text import normalize_words

RUN = 8
"""Words of a run that is hardly shared by chance."""
COMMON = 4
"""Prompts from which on a run belongs to the task's wording, not to one question."""
SHARE, LEAST = 0.8, 5
"""A prompt overlaps where so much of what is its own, and so many runs at least, are held out."""


class HeldOut:
    """What the probe and holdout samples ask."""

    def __init__(self, held_out: Iterable[str], training: Iterable[str]) -> None:
        """All prompts are needed: what many of them say, such as a task's definition, is no overlap."""
        held = [*held_out]
        self._whole = {normalize_words(prompt) for prompt in held}
        counts = Counter(run for prompt in held for run in runs(prompt, RUN))
        self._runs = frozenset(counts)
        counts.update(run for prompt in training for run in runs(prompt, RUN))
        self._common = frozenset(run for run, count in counts.items() if count >= COMMON)

    def overlaps(self, prompt: str) -> bool:
        """Whether a training prompt is one of them, or mostly made of one."""
        if normalize_words(prompt) in self._whole:
            return True
        own = runs(prompt, RUN) - self._common
        shared = len(own & self._runs)
        return shared >= LEAST and shared >= SHARE * len(own)
