from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orca_local.domain.settings import DEFAULT_SYSTEM_MESSAGE, TeacherSettings
from orca_local.domain.strategies import BUILTIN
from orca_local.kinds.table import get_kind
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.teach.file_teacher import offline_teacher
from orca_local.teach.retry_plan import RetryPlan
from orca_local.teach.teacher import Question
from tests.teach.scene import STEPS, sample


def plan(*, can_resample: bool = True, **changes: Any) -> RetryPlan:
    teacher = offline_teacher("e", "m", "", can_resample=can_resample)
    return RetryPlan(teacher, {"sums": STEPS}, TeacherSettings(model="m", **changes))


def ask(steps: RetryPlan, *usable: bool | None) -> list[tuple[int, float, bool]]:
    """Index, temperature and hint of the questions that come when answers are `usable` one after another."""
    asked: list[Question] = []
    waiting = steps.first_questions(sample(2))
    for value in usable:
        question = waiting.pop(0)
        asked.append(question)
        waiting += steps.follow_up(question, usable=value)
    asked += waiting
    return [(q.request.sample_index, q.request.temperature, q.hinted) for q in asked]


def test_by_default_a_sample_gets_one_question() -> None:
    steps = plan()
    assert ask(steps, False) == [(0, 0.0, False)]
    assert steps.finished == 1


def test_wrong_answers_are_retried_at_a_higher_temperature() -> None:
    assert ask(plan(attempts=2), False, False, False) == [(0, 0.0, False), (1, 0.7, False), (2, 0.7, False)]
    assert ask(plan(attempts=2), False, True) == [(0, 0.0, False), (1, 0.7, False)]
    assert ask(plan(attempts=2, temperature=1.0, retry_temperature=0.2), False)[1] == (1, 1.0, False)


def test_several_answers_per_sample_are_judged_together() -> None:
    steps = plan(samples=2, temperature=0.5, attempts=1, seed=7)
    first, second = steps.first_questions(sample(2))
    assert (first.request.seed, second.request.seed) == (7, 8)
    assert steps.follow_up(first, usable=False) == []
    (third,) = steps.follow_up(second, usable=False)
    assert (third.request.sample_index, third.request.seed) == (2, 9)
    assert len({q.key for q in (first, second, third)}) == 3
    other = plan(samples=2, temperature=0.5, attempts=1)
    first, second = other.first_questions(sample(2))
    assert other.follow_up(first, usable=True) == [] == other.follow_up(second, usable=False), "one of them is right"


def test_the_last_question_shows_the_reference() -> None:
    steps = plan(attempts=1, on_mismatch="with_hint")
    assert ask(steps, False, False, False) == [(0, 0.0, False), (1, 0.7, False), (0, 0.0, True)]
    steps = plan(on_mismatch="with_hint")
    (hint,) = steps.follow_up(steps.first_questions(sample(21))[0], usable=False)
    assert "The right answer is: 42" in hint.request.messages[0].content
    assert STEPS.teacher in hint.request.messages[0].content


def test_a_question_without_an_answer_is_not_retried() -> None:
    assert ask(plan(attempts=5), None) == [(0, 0.0, False)]
    free = sample(1, kind="free", answers=())
    steps = plan(attempts=0, on_mismatch="with_hint")
    assert steps.follow_up(steps.first_questions(free)[0], usable=False) == [], "there is no reference to show"


def test_a_similar_answer_is_retried_where_it_is_not_trained_on() -> None:
    steps = plan(attempts=1)
    row = DemonstrationRow("s02", STEPS.name, "k", 0, "Answer: red car", None, verdict="similar")
    for kind, usable in (("span", False), ("text", True)):
        (question,) = steps.first_questions(sample(2, kind=kind, answers=("the red car",)))
        assert steps.is_usable(question, row) is usable


def test_an_answer_that_reveals_its_instruction_is_retried() -> None:
    steps = plan(attempts=1)
    (question,) = steps.first_questions(sample(2))
    row = DemonstrationRow("s02", STEPS.name, "k", 0, "As instructed, 2 and 2.\nAnswer: 4", True)
    assert not steps.is_usable(question, row)
    assert steps.is_usable(question, replace(row, text="2 and 2.\nAnswer: 4"))
    assert not steps.is_usable(question, replace(row, text="2 and 2.\nAnswer: 4", verified=False))


def test_a_teacher_that_always_answers_the_same_is_asked_once() -> None:
    steps = plan(can_resample=False, samples=3, temperature=0.5, attempts=5, on_mismatch="with_hint")
    assert ask(steps, False) == [(0, 0.5, False)]


@pytest.mark.parametrize("endpoint", ["https://api.example.com/v1", "local", "file", "self"])
def test_under_plain_every_teacher_gets_the_general_message_and_the_format_line(endpoint: str) -> None:
    teacher = offline_teacher(endpoint, "m", "")
    steps = RetryPlan(teacher, {"sums": BUILTIN[-1]}, TeacherSettings(model="m", on_mismatch="with_hint"))
    (question,) = steps.first_questions(sample(2))
    line = get_kind("number").format_line
    assert question.request.messages[0].content == f"{DEFAULT_SYSTEM_MESSAGE}\n{line}"
    row = DemonstrationRow("s02", "plain", "k", 0, "2 + 2 = 4.\nAnswer: 4", True)
    assert steps.is_usable(question, row), "there is no instruction that an answer could reveal"
