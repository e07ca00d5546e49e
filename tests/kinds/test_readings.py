"""Readings that must hold for all kinds together: what is asked for, what is written, and what counts as right."""

from __future__ import annotations

import pytest

from orca_local.domain.types import Sample
from orca_local.kinds.scoring import score, verify
from orca_local.kinds.table import KINDS, get_kind
from orca_local.kinds.verdict import Verdict

OPTIONS = "Which river?\nA) the Rhine\nB) the Rhône\nC) both A and B\nD) neither A nor B"
NUMBERS = [
    *[(text, "1234567") for text in ("1,234,567", "1 234 567", "1_234_567", "1'234'567", "1’234’567", "1.234.567")],
    *[(text, "1234.5") for text in ("1,234.5", "1.234,5", "1 234,5", "١٢٣٤.٥", "１２３４.５", "2469/2", "1234 1/2")],
    *[("3 million", "3000000"), ("12k", "12000"), ("two dozen", "24"), ("2.5 thousand", "2500"), ("3/4", "0.75")],
    *[("−7", "-7"), ("\\frac{-7}{2}", "-3.5"), ("\\(7\\)", "7"), ("$7$", "7"), ("7 \\text{ km}", "7"), ("$7.00", "7")],
]
NO_NUMBER = [
    "√2",
    "2\\sqrt{3}",
    "2π",
    "\\pi",
    "5 or 6",
    "5, 6",
    "5-6",
    "from 5 to 6",
    "(5, 6)",
    "5 and 6",
    "12:30",
    "x",
]
WRITTEN = [
    "x**2",
    "__init__",
    "Paris (Texas)",
    "What is your name?",
    "a_b",
    "*args",
    "C++",
    "-1",
    "+1",
    "a < b",
    "two\nlines",
    "e\u0301t\u00e9",
]


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_a_number_is_read_in_every_usual_writing(text: str, value: str) -> None:
    assert KINDS["number"].read_strict(f"Answer: {text}") == value


@pytest.mark.parametrize("text", NO_NUMBER)
def test_what_is_not_one_number_is_not_read(text: str) -> None:
    assert KINDS["number"].read_strict(f"Answer: {text}") is None
    assert KINDS["number"].read_lenient(f"Answer: {text}") is None


@pytest.mark.parametrize(
    "text",
    [
        "6 tens",
        "6 grand",
        "6 scores",
        "6 (wrong)",
        "5 = 6",
        "x >= 6",
        "x <= -6",
        "2x = 6",
        "-x = 6",
        "x^2 = 6",
        "no one",
    ],
)
def test_a_doubtful_number_is_not_read_strictly(text: str) -> None:
    assert KINDS["number"].read_strict(f"Answer: {text}") is None


@pytest.mark.parametrize("text", ["x = 6", "2 + 4 = 6", "3! = 6", "Total = 6", "x = 8 - 2 = 6"])
def test_the_value_of_an_equation_is_read_strictly(text: str) -> None:
    assert KINDS["number"].read_strict(f"Answer: {text}") == "6"


@pytest.mark.parametrize("text", ["!true", "~true", "~~true~~"])
def test_a_denied_value_is_not_read_strictly(text: str) -> None:
    assert KINDS["boolean"].read_strict(f"Answer: {text}") is None


@pytest.mark.parametrize("kind", ["exact", "span"])
@pytest.mark.parametrize("text", WRITTEN)
def test_nothing_is_cut_from_a_perfect_answer(kind: str, text: str) -> None:
    sample = Sample("1", "t", kind, "Which?", (text,), "probe")
    for reply in (
        f"Answer: {text}",
        f"It takes some thought.\n**Answer:** {text}",
        f"Answer: {text}\n\nHuman: Thanks!",
    ):
        assert score(sample, reply).strict.value == 1.0
        assert verify(sample, reply).is_verified


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        *[
            ("C", "C++"),
            ("C#", "C"),
            ("1", "-1"),
            ("+1", "-1"),
            ("<", ">"),
            (">=", ">"),
            ("a+b", "a-b"),
            ("resume", "résumé"),
        ],
        *[("the", "a"), ("can", "can't"), ("e", "é"), ("10", "100"), ("x_1", "x1"), ("7 %", "7"), ("resume", "résumé")],
    ],
)
def test_signs_symbols_and_marks_tell_texts_apart(answer: str, reference: str) -> None:
    sample = Sample("1", "t", "exact", "Which?", (reference,), "probe")
    assert score(sample, f"Answer: {answer}").strict.value == 0.0
    assert not verify(sample, f"Answer: {answer}").is_verified


def test_case_spaces_and_unicode_forms_do_not_tell_texts_apart() -> None:
    sample = Sample("1", "t", "exact", "Which?", ("\u00c9t\u00e9  Indien",), "probe")
    assert verify(sample, "Answer: e\u0301te\u0301 indien") is Verdict.EQUAL


@pytest.mark.parametrize(
    ("kind", "labels", "reply", "answer"),
    [
        ("exact", ("toxic", "not toxic"), "Answer: not toxic", "not toxic"),
        ("exact", ("toxic", "not toxic"), "This comment is not toxic.", "not toxic"),
        ("exact", ("good", "very good"), "I find it very good.", "very good"),
        ("exact", ("good", "bad"), "It is good, not bad.", "good"),
        ("multiple_choice", (), "It is neither A nor C.", None),
        ("multiple_choice", (), "Answer: neither A nor B", "D"),
        ("multiple_choice", (), "Answer: A or B", None),
        ("multiple_choice", (), "It is not A, so B.", "B"),
        ("boolean", (), "That is not false.", "yes"),
        ("boolean", (), "True and False = False", "no"),
        ("number", (), "Answer: 12. Wait… it's 15.", "15"),
        ("number", (), "Answer: 12\n\nThe answer 15 would be wrong, since one is lost.", "12"),
        ("number", (), '{"reasoning": "7 + 8", "answer": 15}', "15"),
        ("number", (), "Answer: 12\n\nQuestion: What is 7 + 8?\nAnswer: 15", "12"),
        ("number", (), "<think>7 + 8 = 16</think>Answer: 15", "15"),
        ("number", (), "7 + 8 = 15\n\nAnswer: N", "15"),
        ("number", (), "Answer: N", None),
        ("multiple_choice", (), "So B is the right one.\nAnswer: **X**", "B"),
    ],
)
def test_a_careful_person_reads_this(kind: str, labels: tuple[str, ...], reply: str, answer: str | None) -> None:
    assert KINDS[kind].read_lenient(reply, prompt=OPTIONS, labels=labels) == answer


@pytest.mark.parametrize(
    ("kind", "reference", "reply", "verdict"),
    [
        ("number", "0.5", "Answer: 1/2", Verdict.EQUAL_VALUE),
        ("number", "1500", "Answer: 1500", Verdict.EQUAL),
        ("number", "5", "Answer: 5 million", Verdict.DIFFERENT),
        ("number", "12", "The answer is 12.", Verdict.UNREADABLE),
        ("number", "30", "They sell 360 in 30 days.", Verdict.UNREADABLE),
        ("boolean", "yes", "Answer: true", Verdict.SAME_LABEL),
        ("multiple_choice", "B", "Answer: B", Verdict.SAME_LABEL),
        ("span", "the king of Spain", "Answer: the king of France", Verdict.SIMILAR),
        ("span", "52 yards", "Answer: 25 yards", Verdict.DIFFERENT),
        ("text", "The drug is safe.", "Answer:\nThe drug is not safe.", Verdict.DIFFERENT),
        ("text", "I love the acting in this film.", "Answer:\nI hate the acting in this film.", Verdict.SIMILAR),
        ("exact", "x+1", "Answer: x-1", Verdict.DIFFERENT),
    ],
)
def test_a_verdict_claims_no_more_than_was_compared(kind: str, reference: str, reply: str, verdict: Verdict) -> None:
    assert verify(Sample("1", "t", kind, OPTIONS, (reference,), "probe"), reply) is verdict


def test_the_same_label_is_its_own_verdict() -> None:
    sample = Sample("1", "t", "exact", "Which?", ("not toxic",), "probe", ("toxic", "not toxic"))
    assert (
        verify(sample, "Answer: Not toxic.") is Verdict.SAME_LABEL
        or verify(sample, "Answer: Not toxic.") is Verdict.EQUAL
    )
    assert verify(sample, "Answer: toxic") is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("kind", "text"),
    [("exact", '{"answer": "a\\ud83d\\u001b[31mb"}'), ("span", 'Answer: ["a\\ud83d\\u001b[31mb"]')],
)
def test_escapes_of_json_bring_back_no_character_that_was_taken_out(kind: str, text: str) -> None:
    readings = KINDS[kind].read(text)
    assert readings.strict == readings.lenient == "ab"


@pytest.mark.parametrize(
    ("kind", "prompt", "text", "expected"),
    [
        ("multiple_choice", "Which?\nA) 1\nB) 2\nC) 3", "Answer: A\nAnswer: B\nAnswer: C", None),
        ("multiple_choice", "Which?\nA) 1\nB) 2\nC) 3", "Answer: B\nAnswer: B\nAnswer: B", "B"),
        ("multiple_choice", "Which?\nA) 1\nB) 2\nC) 3", "Answer: A\n\nNo, C is 3.\nAnswer: C", "C"),
        ("boolean", "Is it kind? yes/no", "Answer: no\nAnswer: yes\nAnswer: no\nAnswer: yes", None),
        ("number", "How many legs have two ants?", "Answer: 4\nAnswer: 8\nAnswer: 12", None),
        ("exact", "Name the colour of the sky.", "Answer: <answer>", None),
        ("span", "Who won?", "Answer: [your answer]", None),
        ("span", "Who won?", "Answer: [answer]\nAnswer: Ana Ruiz", "Ana Ruiz"),
        (
            "boolean",
            'Is this tweet rude? "Go away!" yes/no',
            'Answer: yes\n\nIs this tweet rude? "Good morning!" yes/no\nAnswer: no',
            "yes",
        ),
        ("number", "What is the double of 4?", "Answer: 8\nWhat is the double of 9?\nAnswer: 18", "8"),
        ("number", "What is the double of 4?", "Answer: 6\nWait, what is the double of 4?\nAnswer: 8", "8"),
    ],
)
def test_undecided_placeholders_and_further_rounds(kind: str, prompt: str, text: str, expected: str | None) -> None:
    readings = get_kind(kind).read(text, prompt=prompt)
    assert (readings.strict, readings.lenient) == (expected, expected)
