"""How much two texts have in common, by runs of words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

RUN = 3
"""Words in a run; a text of fewer is one run."""
ALIKE = 0.8
"""Share of common runs from which two answers are the same reasoning in other words."""

REPEATED, DIFFERENT = 0.8, 8
"""The same of two questions, and the runs that may differ: some two words of it, however long a text it is about."""
COMMON, CANDIDATES = 50, 20
WORDING, LEAST_WORDING = 0.2, 10
"""Share of a task's prompts, and number of them, from which on a run is its wording."""


def words(text: str) -> list[str]:
    """Words and numbers, case and punctuation aside."""
    return re.findall(r"\w+(?:[.,]\d+)*", text.casefold())


def runs(text: str, length: int = RUN) -> frozenset[tuple[str, ...]]:
    """Every run of `length` words."""
    found = words(text)
    return frozenset(tuple(found[i : i + length]) for i in range(max(1, len(found) - length + 1)))


def similarity(first: frozenset[tuple[str, ...]], second: frozenset[tuple[str, ...]]) -> float:
    """The runs in common, as a share of all (Jaccard)."""
    return len(first & second) / max(1, len(first | second))


class Repeats:
    """Questions that were asked before in almost the same words: same task, same answers, same figures."""

    def __init__(self, prompts: Mapping[str, Sequence[str]]) -> None:
        """`prompts` of each task say which words are its wording, such as a definition, and no part of a question."""
        self._wording = {task: _wording(texts) for task, texts in prompts.items()}
        self._seen: dict[tuple[object, ...], _Index] = {}

    def is_new(self, task: str, answers: tuple[str, ...], prompt: str) -> bool:
        """Whether nothing like it came before; it is remembered if so.

        A text in which one figure or the answer differs is another question, however much of it is the same.
        """
        figures = tuple(word for word in words(prompt) if word[0].isdigit())
        index = self._seen.setdefault((task, answers, figures), _Index())
        own = runs(prompt) - self._wording.get(task, frozenset())
        return index.add_if_new(own or runs(prompt))


def _wording(prompts: Sequence[str]) -> frozenset[tuple[str, ...]]:
    """Runs that many of a task's prompts have."""
    counts = Counter(run for prompt in prompts for run in runs(prompt))
    least = max(LEAST_WORDING, WORDING * len(prompts))
    return frozenset(run for run, count in counts.items() if count >= least)


def _repeats(first: frozenset[tuple[str, ...]], second: frozenset[tuple[str, ...]]) -> bool:
    return len(first ^ second) <= DIFFERENT and similarity(first, second) >= REPEATED


class _Index:
    """Sets of runs, found by the runs that they have in common."""

    def __init__(self) -> None:
        self._sets: list[frozenset[tuple[str, ...]]] = []
        self._having: dict[tuple[str, ...], list[int]] = {}

    def add_if_new(self, found: frozenset[tuple[str, ...]]) -> bool:
        shared: dict[int, int] = {}
        for run in found:
            # A run of many texts is the task's own wording, and would make every text a candidate.
            if len(having := self._having.get(run, [])) <= COMMON:
                for number in having:
                    shared[number] = shared.get(number, 0) + 1
        likely = sorted(shared, key=lambda number: -shared[number])[:CANDIDATES]
        if any(_repeats(found, self._sets[number]) for number in likely):
            return False
        if any(found == self._sets[number] for number in self._having.get(next(iter(found)), [])):
            return False
        for run in found:
            self._having.setdefault(run, []).append(len(self._sets))
        self._sets.append(found)
        return True
