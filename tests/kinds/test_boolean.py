"""Yes and no."""

from __future__ import annotations

import pytest

from tests.kinds.answers import NOTHING, REFUSALS, read_answer

VALUES = [
    ("Yes", "yes"),
    ("no", "no"),
    ("TRUE", "yes"),
    ("False.", "no"),
    ("**Yes**", "yes"),
    ("Yes, 979 is odd.", "yes"),
    ("No, it is not.", "no"),
    ("No it is not", "no"),
    ("Yes the number is even", "yes"),
    ("Answer: yes", "yes"),
    ("**Answer: No**", "no"),
    ("Answer:\nNo", "no"),
    ("\\boxed{\\text{Yes}}", "yes"),
    ("Answer: The statement is false.", "no"),
    ("The statement is true.", "yes"),
    ("The statement is not true.", "no"),
    ("It is not the case. So, no.", "no"),
    ("Yes, because it ends in 4. Wait. So no.", "no"),
    ("The answer is yes. But 7 is odd. The answer is no.", "no"),
    ("Therefore the answer is 'no'.", "no"),
    ("So the answer would be: true", "yes"),
    ("Is it yes or no? Answer: no", "no"),
    ("No doubt about it: yes.", "yes"),
    ("<think>no</think>Yes", "yes"),
    ("Yes.\r\n", "yes"),
    ("Yes 🎉", "yes"),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_value_is_read(text: str, expected: str) -> None:
    assert read_answer("boolean", text) == expected


NO_VALUES = [
    *NOTHING,
    *REFUSALS,
    "There is no evidence for it.",
    "No one knows.",
    "No information is given.",
    "It is true that 4 is even, but this one has three digits",
    "I cannot say whether it is true or false.",
    "Answer: yes or no",
    "Yes/No",
    "Answer: maybe",
    "Nobody said yesterday was truer.",
    'End with a line "Answer: yes" or "Answer: no".',
    "Answer: <yes or no>",
]


@pytest.mark.parametrize("text", NO_VALUES)
def test_no_value_is_read(text: str) -> None:
    assert read_answer("boolean", text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The answer to this question is yes.", "yes"),
        ('The answer to the question is: "Yes"', "yes"),
        ("The answer is 'no' to the question.\n\nThe sentence is not explicitly written.", "no"),
        ("No, 2 does not divide 257 evenly.", "no"),
        ("- 1 = 2\n- 2 = 3\n\nSo, the answer is yes.", "yes"),
        ("979 is indeed an even number.", None),
        ("Answer: no (the shop is shut)", "no"),
        ("Sure, I'd be happy to help with that. Here's a possible solution:\n\nThe answer is: 607.", None),
        ("The answer is indeed possible, but the question is ambiguous.", None),
    ],
)
def test_value_in_what_the_student_wrote(text: str, expected: str | None) -> None:
    assert read_answer("boolean", text) == expected
