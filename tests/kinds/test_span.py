"""Spans."""

from __future__ import annotations

import pytest

from orca_local.domain.types import Sample
from orca_local.kinds.scoring import verify
from orca_local.kinds.table import KINDS
from orca_local.kinds.verdict import Verdict
from orca_local.tasks.record import parse_record
from tests.kinds.answers import read_answer, read_strictly


def test_span_may_be_a_sentence() -> None:
    assert read_answer("span", "Elena has a green bike.") == "Elena has a green bike"
    assert read_answer("span", "Answer: the green bike") == "the green bike"
    assert read_answer("span", "Sōsuke") == "Sōsuke"
    assert read_answer("span", "One line.\nAnother line.") is None


@pytest.mark.parametrize(
    ("text", "strict", "lenient"),
    [
        ("Answer: the woman who was the first to arrive", "the woman who was the first to arrive", None),
        ("Answer: because the road was closed", "because the road was closed", None),
        ("Answer: Col. Grey. She led the march.", None, "Col. Grey"),
        ("Answer:\n- Lyon\n- Nice", "Lyon, Nice", None),
        ("Answer: 1. Lyon 2. Nice", "Lyon, Nice", None),
        ('["Lyon", "Nice"]', None, "Lyon, Nice"),
        ('{"answer": ["Lyon", "Nice"]}', "Lyon, Nice", None),
        ("Lyon\n\nIt says so in the second line.", None, "Lyon"),
        ("Answer: I don't know", None, None),
        ("I'm sorry, but the passage does not contain it.", None, None),
        ("The march began in May and", None, None),
        ("Answer: 14 July. Wait, 15 July", None, "15 July"),
    ],
)
def test_a_span_is_read_as_written(text: str, strict: str | None, lenient: str | None) -> None:
    assert read_strictly("span", text) == strict
    assert read_answer("span", text) == (lenient or strict)


@pytest.mark.parametrize(
    ("answer", "reference", "right"),
    [
        ("the Danube", "Danube", True),
        ("1,200 men", "1200 men", True),
        ("25-yard", "25 yard", True),
        ("three years", "3 years", True),
        ("the second", "2", False),
        ("Lyon and Nice", "Nice\nLyon", True),
        ("Nice; Lyon", "Lyon\nNice", True),
        ("Lyon", "Lyon\nNice", False),
        ("Lyon, Nice and Metz", "Lyon\nNice", False),
        ("salt and pepper, oil", "oil\nsalt and pepper", True),
        ("C++", "C", False),
        ("not guilty", "guilty", False),
        ("the fourth lap", "the fifth lap", False),
        ("Henry VII", "Henry VIII", False),
        ("-3", "3", False),
        ("東京", "東京都", False),
    ],
)
def test_a_span_is_right_with_the_same_words_numbers_and_symbols(answer: str, reference: str, right: bool) -> None:
    assert (KINDS["span"].verdict(answer, reference) is Verdict.EQUAL) is right
    assert (KINDS["span"].compare(answer, reference) == 1) is right


def test_a_list_in_the_list_of_answers_is_a_set() -> None:
    record = {
        "id": "1",
        "task": "t",
        "kind": "span",
        "prompt": "Which two?",
        "answer": [["Lyon", "Nice"], "both cities"],
    }
    sample = parse_record(record, resplit=True)
    assert isinstance(sample, Sample)
    assert sample.answers == ("Lyon\nNice", "both cities")
    assert verify(sample, "Answer: Nice and Lyon") is Verdict.EQUAL
    assert verify(sample, "Answer: Both cities") is Verdict.EQUAL
    assert verify(sample, KINDS["span"].answer_line("Lyon\nNice")) is Verdict.EQUAL
    assert parse_record({**record, "answer": [["Lyon", 2], [[]]]}, resplit=True) != sample
