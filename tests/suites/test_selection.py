"""A part of a suite has its groups in proportion, and grows by adding."""

from __future__ import annotations

from collections import Counter

import pytest

from orca_local.suites.question import Question
from orca_local.suites.selection import select

SIZES = {"law": 300, "maths": 600, "virology": 100}
QUESTIONS = [
    Question(f"{group}/{number}", group, "number", "?", ("1",), "1")
    for group, size in SIZES.items()
    for number in range(size)
]


@pytest.mark.parametrize("limit", [10, 100, 333, 999])
def test_each_group_has_its_share(limit: int) -> None:
    counts = Counter(question.group for question in select(QUESTIONS, limit))
    assert sum(counts.values()) == limit
    for group, size in SIZES.items():
        assert abs(counts[group] - limit * size / len(QUESTIONS)) <= 1


def test_a_larger_limit_adds_questions_and_their_order_stays() -> None:
    small, large = select(QUESTIONS, 50), select(QUESTIONS, 200)
    assert {question.id for question in small} < {question.id for question in large}
    assert small == [question for question in QUESTIONS if question in small]
    assert {q.id for q in select(list(reversed(QUESTIONS)), 50)} == {q.id for q in small}


def test_the_seed_chooses_and_the_whole_suite_is_itself() -> None:
    assert select(QUESTIONS, 50, seed=1) != select(QUESTIONS, 50)
    assert select(QUESTIONS, 5000) == QUESTIONS and select(QUESTIONS, 0) == []
