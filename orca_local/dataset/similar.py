"""How much two texts have in common, by runs of words."""

from __future__ import annotations

import re

RUN = 3
"""Words in a run; a text of fewer is one run."""
ALIKE = 0.8
"""Share of common runs from which two answers are the same reasoning in other words."""


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
