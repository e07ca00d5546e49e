"""What is checked of a record, whatever source it comes from."""

from __future__ import annotations

import pytest

from orca_local.domain.types import Sample
from orca_local.tasks.record import parse_record
from orca_local.tasks.split import content_hash


@pytest.mark.parametrize(
    ("prompt", "problem"), [("What\0 is it?", "NUL character"), ("What \ud800 is it?", "half of a surrogate pair")]
)
def test_a_text_that_cannot_be_stored_is_a_problem(prompt: str, problem: str) -> None:
    record = {"id": "1", "task": "sums", "kind": "number", "prompt": prompt, "answer": "5"}
    problems = parse_record(record, resplit=False)
    assert isinstance(problems, list) and len(problems) == 1
    assert problem in problems[0]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"answer": "<think>a</think>"}, "the answer '<think>a</think>' can never be right"),
        ({"answer": "a", "labels": ["a", "<think>b</think>"]}, "the label '<think>b</think>' can never be right"),
    ],
)
def test_a_reference_that_cannot_score_is_a_problem_with_a_remedy(changes: dict[str, object], problem: str) -> None:
    record = {"id": "1", "task": "words", "kind": "exact", "prompt": "Which?", **changes}
    problems = parse_record(record, resplit=False)
    assert isinstance(problems, list) and len(problems) == 1
    assert problem in problems[0] and "use another kind" in problems[0]


@pytest.mark.parametrize("answer", [10**900, -(10**900), "9" * 4000])
def test_a_number_that_no_float_can_hold_is_a_problem_with_a_remedy(answer: object) -> None:
    problems = parse_record({"task": "sums", "kind": "number", "prompt": "How many?", "answer": answer}, resplit=False)
    assert isinstance(problems, list) and "has too many digits for kind number: use kind exact" in problems[0]


def test_an_id_that_is_missing_is_made_of_task_and_content() -> None:
    record = {"task": "sums", "kind": "number", "prompt": "What is 2 + 3?", "answer": "5"}
    first, again = (
        parse_record(record, resplit=False),
        parse_record({**record, "prompt": "what is  2 + 3?"}, resplit=False),
    )
    assert isinstance(first, Sample) and isinstance(again, Sample)
    assert first.id == again.id == f"sums-{content_hash(first)[:12]}"
