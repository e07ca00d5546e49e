"""Numbers as models write them."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.kinds.number import Number
from orca_local.kinds.verdict import Verdict
from tests.kinds.answers import read_answer, read_strictly
from tests.kinds.numbers.cases import parse_cases

PROMPT = "Sam found 88 stickers on Monday and 20 stickers on Tuesday. How many stickers did Sam find?"

STATED = [
    ("Answer: 18", "18"),
    ("Answer:18", "18"),
    ("Answer: 18.", "18"),
    ("18.", "18"),
    ("18", "18"),
    ("**Answer: 18**", "18"),
    ("**Answer:** 18", "18"),
    ("**Answer**: *18*", "18"),
    ("### Answer\n18", "18"),
    ("## Final answer:\n\n**18**", "18"),
    ("#### 18", "18"),
    ("<answer>18</answer>", "18"),
    ("The final answer is: $\\boxed{18}$.", "18"),
    ("So she has \\boxed{1{,}234} stamps.", "1234"),
    ("\\[ \\boxed{\\text{18 dollars}} \\]", "18"),
    ("\\boxed{\\frac{1}{2}}", "0.5"),
    ("\\boxed{\\dfrac{3}{4}}", "0.75"),
    ("The answer is \\(-\\frac{1}{2}\\).", "-0.5"),
    ("Answer: \\frac12", "0.5"),
    ("Answer: 1\\frac{1}{2}", "1.5"),
    ("Answer: 3/4", "0.75"),
    ("Answer: 1 1/2 cups", "1.5"),
    ("Answer: ½", "0.5"),
    ("Answer: 2½ hours", "2.5"),
    ("Answer: 1,234", "1234"),
    ("Answer: 1,234,567.50", "1234567.5"),
    ("Answer: 12,34,567", "1234567"),
    ("Answer: 10 000", "10000"),
    ("Answer: 10\u202f000", "10000"),
    ("Answer: 10\\,000", "10000"),
    ("Answer: -7", "-7"),
    ("Answer: −7", "-7"),
    ("Answer: - 7", "-7"),
    ("Answer: $3.50", "3.5"),
    ("Answer: \\$3.50", "3.5"),
    ("Answer: -$3.50", "-3.5"),
    ("Answer: $-3.50", "-3.5"),
    ("Answer: €3.50 each", "3.5"),
    ("Answer: .5", "0.5"),
    ("Answer: 50%", "50"),
    ("Answer: 50\\%", "50"),
    ("Answer: 30°", "30"),
    ("Answer: 30^\\circ", "30"),
    ("Answer: 18 m^2", "18"),
    ("Answer: $5/hour", "5"),
    ("Answer: 1.5e3", "1500"),
    ("Answer: 2E-2", "0.02"),
    ("Answer: 5 × 10^3", "5000"),
    ("Answer: 5 \\times 10^{3}", "5000"),
    ("x = 5", "5"),
    ("Answer: x = 5", "5"),
    ("Answer: 12 + 30 = 42 apples", "42"),
    ("Answer: 12+30=42", "42"),
    ("Answer: 5*3 = 15", "15"),
    ("Answer: 5 + 3 is 8", "8"),
    ("The answer is 18 because 5 and 13 make 18, not 20.", "18"),
    ("The correct answer should be 18 dollars.", "18"),
    ("The answer to the question is: 18", "18"),
    ("The answer to this question is 18", "18"),
    ("Result = 18", "18"),
    ("Answer: Sam has 18 left", "18"),
    ("Answer: three", "3"),
    ("The answer is twenty-five dollars.", "25"),
    ("Answer: Sam found 8 on Monday and then 10 on Tuesday, so 18", "18"),
    ("Answer:\r\n18\r\n", "18"),
    ("Answer: 18 🎉", "18"),
    ("Answer: \x1b[1m18\x1b[0m", "18"),
    ("Answer： 18", "18"),
    ("The answer is 5. Wait, that is wrong. The answer is 6.", "6"),
    ("Answer: 5\nLet me check.\nAnswer: 6", "6"),
    ("Answer: 5\nI hope that helps with the 3 apples!", "5"),
    ("\\boxed{5} is the answer, from \\boxed{6}", "6"),
    ("<think>The answer is 4. No.</think>\n\n18", "18"),
    ("First, 1. take 3\nThen 4 remain.", "4"),
    ("1. Take 5.\n2. Add 13.\n3. That makes 18.\n4.", "18"),
    ("Step 1: 5 + 13 = 18\nStep 2: done", "18"),
    ("- 5 pears\n- 13 plums", "13"),
    ("- Total: 18", "18"),
    ("7-3 = 4", "4"),
    ("So he can read 12 x 10 = 120 pages in 3 hours.", "120"),
    ("He needs 7 of 9.\nThat is 9 - 7 = 2 more on the 13th day", "2"),
    ("We should ride at least 25+1=26 times", "26"),
    ("14 + 7 + 12 = 33 oz\nThere are 33 ounces.", "33"),
    ("7 - 3 = 4", "4"),
]


@pytest.mark.parametrize(("text", "expected"), STATED)
def test_number_is_read(text: str, expected: str) -> None:
    assert read_answer("number", text) == expected


NOT_FOUND = [
    "",
    " \n\t\r\n ",
    "\x00\x1b[2J",
    "...",
    "🎉",
    "I'm sorry, but I can't help with that.",
    "I cannot answer this, since the text speaks of 5 apples only.",
    "We don't know how many of the 5 apples were red.",
    "There is not enough information; 5 could be right.",
    "The train leaves at 5:30.",
    "Answer: 5:30",
    "It was 2024-01-05.",
    "It was on 3/4/2024.",
    "Version 1.2.3",
    "Between 5-7 apples",
    "Answer: 5–7",
    "Answer: N",
    "Answer: 5 - 3",
    "Answer: 10 + 4",
    "They had 12 apples.\nAnswer: unknown",
    "So we add 5 + 3",
    "To find it we compute 12 × ",
    "Answer: 3/0",
    "Answer: " + "1" * 5000,
    "Answer: 1e999",
    "Answer: 2^10",
    "Answer: \\sqrt{2}",
    'End with a line "Answer: N", where N is the number alone.',
    "<think>The answer is 18, or perhaps",
]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_is_not_a_number_is_not_read(text: str) -> None:
    assert read_answer("number", text) is None


def test_echoed_prompt_is_no_answer() -> None:
    assert read_answer("number", PROMPT, prompt=PROMPT) is None
    assert read_answer("number", PROMPT.replace(". ", ".\n"), prompt=PROMPT) is None
    assert read_answer("number", "Sam found 88 stickers on Monday and 20 stickers on Tuesday.", prompt=PROMPT) is None


def test_answer_after_an_echoed_prompt_is_found() -> None:
    assert read_answer("number", f"{PROMPT}\nAnswer: 108", prompt=PROMPT) == "108"


# Excerpts of what the embedded student wrote at temperature 0.
STUDENT = [
    ("72 + 71 = 109", "109"),
    ("The total number of stickers is 88 + 20 = 108 stickers.\n\nSo, the answer is 108.", "108"),
    ("So, 10 candles are now in the box.\nThe answer is 10.\n\nThe answer is 10.", "10"),
    ("The number that follows 28 is 32.", "32"),
    ("The sequence is 1, 11, 21, 31, ...", None),
    ("The remaining 20 passengers stayed on.\n#### 2\nThe answer is: 2", "2"),
    ("The remaining 287 - 351 = 128 students suggested adding tomatoes.\n\nThe answer is 128.", "128"),
    ("so they sold 230 - 23 = 180 t-shirts.\n#### 180\nThe answer is: 180", "180"),
    ("so they sold $23 * 10 = 230 t-shirts.", "230"),
    ("This is 563 + 563 = 1125.\n\n\n", "1125"),
    ("- Total revenue: 230 (total revenue) - 23 (total revenue) = 230 - 23 = 100", "100"),
    ("Next, we multiply 14 * 7 = 98.\n\nSo, there are 98 eggs in each group.", "98"),
    ("So, the total number is 563 - 558 = 128.\n\nBut we don't know the number of crayons that he gave", None),
]


@pytest.mark.parametrize(("text", "expected"), STUDENT)
def test_number_in_what_the_student_wrote(text: str, expected: str | None) -> None:
    assert read_answer("number", text) == expected


@given(st.integers(-(10**12), 10**12))
def test_every_whole_number_survives_each_form(value: int) -> None:
    for form in ("{}", "Answer: {}", "**Answer: {:,}**", "\\boxed{{{}}}", "The answer is {:,}.", "x = {}"):
        assert read_answer("number", form.format(value)) == str(value)


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=3, allow_nan=False))
def test_every_decimal_keeps_its_value(value: object) -> None:
    answer = read_answer("number", f"Answer: {value} kg")
    assert answer is not None
    assert Fraction(answer) == Fraction(str(value))


@pytest.mark.slow
@given(st.text(max_size=200))
def test_any_text_gives_a_number_or_none(text: str) -> None:
    answer = read_answer("number", text)
    assert answer is None or answer == str(Fraction(answer)) or "." in answer


@pytest.mark.slow
@pytest.mark.skipif("ORCA_TEST_DATA" not in os.environ, reason="ORCA_TEST_DATA names no folder with real data")
def test_last_result_of_gsm8k_rationales_is_the_answer() -> None:
    """Rationales end in their result without an `Answer:` line: what the fallback reads is nearly always right."""
    path = Path(os.environ["ORCA_TEST_DATA"]) / "gsm8k_train_2000.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    answers = [read_answer("number", row["rationale"], prompt=row["prompt"]) for row in rows]
    right = sum(bool(text and Number().compare(text, row["answer"])) for text, row in zip(answers, rows, strict=True))
    assert right >= 0.985 * len(rows)


@pytest.mark.parametrize(
    ("answer", "reference", "value"),
    [
        ("18", "18", 1.0),
        ("18.004", "18", 0.0),
        ("18.0", "18", 1.0),
        ("-18", "18", 0.0),
        ("3.14159", "3.14", 1.0),
        ("3.15", "3.14", 0.0),
        ("3.1", "3.14", 0.0),
        ("0.333333333333", "1/3", 1.0),
        ("0.333", "1/3", 1.0),
        ("0.33", "1/3", 0.0),
        ("0.334", "1/3", 0.0),
        ("-0.333", "1/3", 0.0),
        ("0.667", "2/3", 1.0),
        ("0.666", "2/3", 0.0),
        ("33.333", "100/3", 1.0),
        ("33.33", "100/3", 0.0),
        ("0.001", "1/700", 0.0),
        ("0.00143", "1/700", 1.0),
        ("0.13", "1/8", 0.0),
        ("0.125", "1/8", 1.0),
        ("3.5", "7/2", 1.0),
        ("3.5", "$3.50", 1.0),
        ("18", "18.0", 1.0),
        ("1e-05", "0.00001", 1.0),
        ("1234", "1,234", 1.0),
        ("5000000", "5", 0.0),
        ("1500", "1.5e3", 1.0),
        ("1510", "1.5e3", 0.0),
        ("100000000000000001", "100000000000000000", 0.0),
        ("9" * 299, "9" * 298, 0.0),
        ("18", "no number", 0.0),
        ("18 or 19", "18", 0.0),
        # Both ends of what rounds to the reference, in steps of half a unit of its last decimal.
        ("3.135", "3.14", 1.0),
        ("3.1349", "3.14", 0.0),
        ("3.1449", "3.14", 1.0),
        ("3.145", "3.14", 0.0),
        ("-3.135", "-3.14", 1.0),
        ("-3.1349", "-3.14", 0.0),
        ("-3.1449", "-3.14", 1.0),
        ("-3.145", "-3.14", 0.0),
        ("0.0049", "0.00", 1.0),
        ("0.005", "0.00", 0.0),
        ("-0.0049", "0.00", 1.0),
        ("-0.005", "0.00", 0.0),
        ("0.95", "1.0", 1.0),
        ("1.05", "1.0", 0.0),
    ],
)
def test_numbers_agree_to_the_digits_of_the_reference(answer: str, reference: str, value: float) -> None:
    assert Number().compare(answer, reference) == value


@given(st.integers(-(10**6), 10**6), st.integers(1, 4), st.fractions(max_denominator=10**6))
def test_an_answer_rounds_to_exactly_one_reference(units: int, decimals: int, shift: Fraction) -> None:
    """The references of so many decimals divide the numbers between them, without a gap and without an overlap."""
    value = (units + shift % 1) / 10**decimals
    below = [Fraction(units + step, 10**decimals) for step in (-1, 0, 1, 2)]
    texts = [f"{float(reference):.{decimals}f}" for reference in below]
    assert sum(Number().compare(f"{value.numerator}/{value.denominator}", text) for text in texts) == 1


@pytest.mark.parametrize(
    ("answer", "reference", "verdict"),
    [
        ("18", "18", Verdict.EQUAL),
        ("0.5", "1/2", Verdict.EQUAL_VALUE),
        ("3.5", "3.50", Verdict.EQUAL_VALUE),
        ("3.14159", "3.14", Verdict.EQUAL_VALUE),
        ("1234", "1,234", Verdict.EQUAL_VALUE),
        ("19", "18", Verdict.DIFFERENT),
        ("-18", "18", Verdict.DIFFERENT),
    ],
)
def test_verdict(answer: str, reference: str, verdict: Verdict) -> None:
    assert Number().verdict(answer, reference) is verdict


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (18, "18"),
        (18.0, "18"),
        (0.25, "0.25"),
        (1e-05, "0.00001"),
        ("18", "18"),
        ("1,234.50", "1234.50"),
        ("−7", "-7"),
        ("$3.50", "3.50"),
        ("1/3", "1/3"),
        ("1 1/2", "3/2"),
        ("five", None),
        ("15 apples", None),
        ("5 or 6", None),
        ("12 + 3", None),
        ("√2", None),
        ("x", None),
        ("", None),
        (True, None),
        (None, None),
        (10**400, None),
        (float("inf"), None),
        (float("nan"), None),
    ],
)
def test_reference(value: object, expected: str | None) -> None:
    assert Number().parse_reference(value) == expected


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.fractions().map(str)))
def test_every_accepted_reference_scores_in_the_asked_form(value: object) -> None:
    number = Number()
    reference = number.parse_reference(value)
    if reference is not None:
        answer = number.read(number.answer_line(reference)).strict
        assert answer is not None
        assert number.compare(answer, reference) == 1


STRICT = parse_cases(
    r"""
    15: Answer: 15 ¦ Answer: 15 apples ¦ **Answer:** $15 ¦ \boxed{15 \, \text{km}} ¦ Answer: x = 15 ¦ #### 15
    -15: Answer: −15 ¦ Answer: (-15) ¦ Answer: minus 15 ¦ \boxed{-15}
    None: Answer: 15 or 16 ¦ Answer: 15, 16 ¦ Answer: 10 + 5 ¦ Answer: not 12, 15 ¦ Answer: 15 (not 12) ¦ 15
    None: The answer is 15. ¦ Answer: In 3 days, 15 ¦ Answer: 3:15 ¦ Answer: 2√15 ¦ \boxed{\pm 15} ¦ Answer:
    5000000: Answer: 5 million ¦ Answer: $5M ¦ \boxed{5 \text{ million}}
    """
)


@pytest.mark.parametrize(("text", "expected"), STRICT)
def test_number_in_the_asked_form(text: str, expected: str | None) -> None:
    assert read_strictly("number", text) == expected
