"""Similarity of texts by their word n-grams, and duplicate questions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

Ngrams = frozenset[tuple[str, ...]]
"""The distinct n-grams of a text."""

NGRAM = 3
"""Words per n-gram; a shorter text is a single n-gram."""
SIMILAR = 0.8
"""Jaccard similarity from which two answers count as the same reasoning."""

MIN_SIMILARITY, MAX_DIFFERENCE = 0.8, 8
"""Duplicate questions have at least this Jaccard similarity, and differ in at most this many n-grams.

The second bound allows about two different words, also in a question about a long text.
"""
MAX_TEXTS, MAX_CANDIDATES = 50, 20
"""An n-gram of more texts is not used to find candidates; so many of them are compared."""
COMMON_SHARE, MIN_COMMON = 0.2, 10
"""An n-gram in this share of a task's prompts, and in this many, is part of the task's wording."""


def split_words(text: str) -> list[str]:
    """The words and numbers of a text in lower case, without punctuation."""
    return re.findall(r"\w+(?:[.,]\d+)*", text.casefold())


def ngrams(text: str, length: int = NGRAM) -> Ngrams:
    """The distinct sequences of `length` words in a text."""
    words = split_words(text)
    return frozenset(tuple(words[i : i + length]) for i in range(max(1, len(words) - length + 1)))


def similarity(first: Ngrams, second: Ngrams) -> float:
    """Jaccard similarity, from 0 to 1."""
    return len(first & second) / max(1, len(first | second))


class DuplicateFilter:
    """Finds questions that repeat an earlier one of the task almost word for word."""

    def __init__(self, prompts: Mapping[str, Sequence[str]]) -> None:
        """`prompts` are all prompts by task: n-grams that many of them share, such as a definition, are ignored."""
        self._common = {task: _common_ngrams(texts) for task, texts in prompts.items()}
        self._indexes: dict[tuple[object, ...], _NgramIndex] = {}

    def is_new(self, task: str, answers: tuple[str, ...], prompt: str, system_message: str = "") -> bool:
        """Whether the question repeats no earlier one; a new question is remembered.

        Questions with different answers, numbers or system messages are never duplicates.
        """
        numbers = tuple(word for word in split_words(prompt) if word[0].isdigit())
        index = self._indexes.setdefault((task, answers, numbers, system_message), _NgramIndex())
        distinctive = ngrams(prompt) - self._common.get(task, frozenset())
        return index.add_if_new(distinctive or ngrams(prompt))


def _common_ngrams(prompts: Sequence[str]) -> Ngrams:
    counts = Counter(ngram for prompt in prompts for ngram in ngrams(prompt))
    threshold = max(MIN_COMMON, COMMON_SHARE * len(prompts))
    return frozenset(ngram for ngram, count in counts.items() if count >= threshold)


def _is_duplicate(first: Ngrams, second: Ngrams) -> bool:
    return len(first ^ second) <= MAX_DIFFERENCE and similarity(first, second) >= MIN_SIMILARITY


class _NgramIndex:
    """Texts as sets of n-grams, looked up by n-gram."""

    def __init__(self) -> None:
        self._texts: list[Ngrams] = []
        self._texts_with: dict[tuple[str, ...], list[int]] = {}

    def add_if_new(self, text: Ngrams) -> bool:
        """Add a text and return True, or return False if it duplicates one."""
        shared: Counter[int] = Counter()
        for ngram in text:
            numbers = self._texts_with.get(ngram, [])
            # An n-gram of many texts is wording, and would make every text a candidate.
            if len(numbers) <= MAX_TEXTS:
                shared.update(numbers)
        candidates = sorted(shared, key=lambda number: -shared[number])[:MAX_CANDIDATES]
        # A text that has only frequent n-grams has no candidates: look for an equal text.
        equal = self._texts_with.get(next(iter(text)), [])
        if any(_is_duplicate(text, self._texts[number]) for number in candidates) or any(
            text == self._texts[number] for number in equal
        ):
            return False
        for ngram in text:
            self._texts_with.setdefault(ngram, []).append(len(self._texts))
        self._texts.append(text)
        return True
