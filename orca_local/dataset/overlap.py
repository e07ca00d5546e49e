"""Finds training samples that overlap held-out ones: probe and holdout samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

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
        counts: Counter[tuple[str, ...]] = Counter()
        contexts: dict[str, set[Questions]] = {}

        def count(sample: Sample) -> None:
            counts.update({ngram for turn in sample.turns for ngram in ngrams(turn.content, NGRAM)})
            for *before, question in _questions(sample.turns):
                if before:
                    contexts.setdefault(question, set()).add(tuple(before))

        held_ngrams: set[tuple[str, ...]] = set()
        self._conversations: set[Questions] = set()
        later: dict[str, set[str]] = {}
        for sample in held_out:
            count(sample)
            held_ngrams |= ngrams(sample.prompt, NGRAM)
            *_, whole = _questions(sample.turns)
            self._conversations.add(whole)
            if len(whole) > 1:
                later.setdefault(whole[-1], set()).update(sample.answers)
        for sample in training:
            count(sample)
        self._ngrams: Ngrams = frozenset(held_ngrams)
        self._common = frozenset(ngram for ngram, number in counts.items() if number >= COMMON)
        self._later = {question: found for question, found in later.items() if len(contexts[question]) < COMMON}
        """The references of each prompt that follows other turns, and is not wording."""

    def overlaps(self, turns: Sequence[Message], answers: Collection[str] = ()) -> bool:
        """Whether a training conversation holds a held-out prompt in any of its turns, the last one or an earlier.

        A turn holds it if both are equal, or if it has most of its distinctive n-grams in common with held-out
        prompts. `answers` are the references of the last turn: two turns that follow others and have different
        references, such as "And the second?", ask different things.
        """
        if any(question in self._conversations for question in _questions(turns)):
            return True
        *earlier, last = turns
        return self._is_held_out(last, answers if earlier else ()) or any(self._is_held_out(turn) for turn in earlier)

    def _is_held_out(self, turn: Message, answers: Collection[str] = ()) -> bool:
        question = normalize_words(turn.content)
        if (question,) in self._conversations:
            return True
        references = self._later.get(question)
        if references is not None and not (answers and references and references.isdisjoint(answers)):
            return True
        distinctive = ngrams(turn.content, NGRAM) - self._common
        shared = len(distinctive & self._ngrams)
        return shared >= MIN_NGRAMS and shared >= MIN_SHARE * len(distinctive)


def _questions(turns: Sequence[Message]) -> Iterator[Questions]:
    """Yield each turn of the user with those before it."""
    asked: list[str] = []
    for turn in turns:
        if turn.role == "user":
            asked.append(normalize_words(turn.content))
            yield tuple(asked)
