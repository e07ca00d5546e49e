from __future__ import annotations

from dataclasses import replace
from typing import Any

from orca_local.domain.settings import TeacherSettings
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.teach.retry_plan import Ladder
from orca_local.teach.teacher import Question
from tests.teach.scene import STEPS, sample


def ladder(*, varies: bool = True, **changes: Any) -> Ladder:
    return Ladder("e", "m", {"sums": STEPS}, TeacherSettings(model="m", **changes), varies=varies)


def climb(made: Ladder, *right: bool | None) -> list[tuple[int, float, bool]]:
    """Index, temperature and hint of the questions that come when answers are `right` one after another."""
    asked: list[Question] = []
    waiting = made.first(sample(2))
    for value in right:
        question = waiting.pop(0)
        asked.append(question)
        waiting += made.next(question, right=value)
    asked += waiting
    return [(q.request.sample_index, q.request.temperature, q.hinted) for q in asked]


def test_one_answer_is_asked_for_and_no_more() -> None:
    made = ladder()
    assert climb(made, False) == [(0, 0.0, False)]
    assert made.finished == 1


def test_wrong_answers_are_followed_by_warmer_ones_until_one_is_right() -> None:
    assert climb(ladder(attempts=2), False, False, False) == [(0, 0.0, False), (1, 0.7, False), (2, 0.7, False)]
    assert climb(ladder(attempts=2), False, True) == [(0, 0.0, False), (1, 0.7, False)]
    assert climb(ladder(attempts=2, temperature=1.0, retry_temperature=0.2), False)[1] == (1, 1.0, False)


def test_several_samples_count_together() -> None:
    made = ladder(samples=2, temperature=0.5, attempts=1, seed=7)
    first, second = made.first(sample(2))
    assert (first.request.seed, second.request.seed) == (7, 8)
    assert made.next(first, right=False) == []
    (third,) = made.next(second, right=False)
    assert (third.request.sample_index, third.request.seed) == (2, 9)
    assert len({q.key for q in (first, second, third)}) == 3
    other = ladder(samples=2, temperature=0.5, attempts=1)
    first, second = other.first(sample(2))
    assert other.next(first, right=True) == [] == other.next(second, right=False), "one of them is right"


def test_last_of_all_the_teacher_is_shown_the_reference() -> None:
    made = ladder(attempts=1, on_mismatch="with_hint")
    assert climb(made, False, False, False) == [(0, 0.0, False), (1, 0.7, False), (0, 0.0, True)]
    made = ladder(on_mismatch="with_hint")
    (hint,) = made.next(made.first(sample(21))[0], right=False)
    assert "The right answer is: 42" in hint.request.messages[0].content
    assert STEPS.teacher in hint.request.messages[0].content


def test_what_cannot_be_answered_is_not_asked_again() -> None:
    assert climb(ladder(attempts=5), None) == [(0, 0.0, False)]
    free = sample(1, kind="free", answers=())
    made = ladder(attempts=0, on_mismatch="with_hint")
    assert made.next(made.first(free)[0], right=False) == [], "there is no reference to show"


def test_an_answer_that_gives_its_instruction_away_is_asked_for_again() -> None:
    made = ladder(attempts=1)
    (question,) = made.first(sample(2))
    row = DemonstrationRow("s02", STEPS.name, "k", 0, "As instructed, 2 and 2.\nAnswer: 4", True)
    assert not made.is_good(question, row)
    assert made.is_good(question, replace(row, text="2 and 2.\nAnswer: 4"))
    assert not made.is_good(question, replace(row, text="2 and 2.\nAnswer: 4", verified=False))


def test_a_teacher_that_never_varies_is_asked_once() -> None:
    made = ladder(varies=False, samples=3, temperature=0.5, attempts=5, on_mismatch="with_hint")
    assert climb(made, False) == [(0, 0.5, False)]
