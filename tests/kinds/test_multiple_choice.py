"""The letter of an option."""

from __future__ import annotations

import pytest

from tests.kinds.answers import NOTHING, OPTIONS, REFUSALS, read_answer

CHOSEN = [
    ("B", "B"),
    ("(B)", "B"),
    ("B.", "B"),
    ("B)", "B"),
    ("**B**", "B"),
    ("A", "A"),
    ("A.", "A"),
    ("B) a blue bike", "B"),
    ("(B) a blue bike", "B"),
    ("B\n\nThe bike has two wheels, and so on.", "B"),
    ("The bike has two wheels.\n\nB", "B"),
    ("Answer: B", "B"),
    ("Answer: A", "A"),
    ("Answer: b", "B"),
    ("answer: (b)", "B"),
    ("Answer: b) a blue bike", "B"),
    ("**Answer: (B)**", "B"),
    ("**Answer:** B", "B"),
    ("**Answer**\n\nB", "B"),
    ("Answer:\r\n\r\n(B) a blue bike\r\n", "B"),
    ("\\boxed{B}", "B"),
    ("$\\boxed{\\text{(B)}}$", "B"),
    ("The answer is B.", "B"),
    ("The answer is B because bikes are blue.", "B"),
    ("The answer is A because cars are red.", "A"),
    ("The answer is A, since cars are red.", "A"),
    ("The correct answer is option B", "B"),
    ("The correct option is: B) a blue bike", "B"),
    ("Therefore, the best choice is (B).", "B"),
    ("Option B", "B"),
    ("Option C is right", "C"),
    ("I would choose option B here.", "B"),
    ("B is the correct answer.", "B"),
    ("(A) is correct", "A"),
    ('The answer is "B".', "B"),
    ("The answer is the letter B.", "B"),
    ("The answer is the B one.", "B"),
    ("Answer: a blue bike (B)", "B"),
    ("The answer is a blue bike.", "B"),
    ("Answer: blue bike", "B"),
    ("Answer: A red car", "A"),
    ("The correct answer is New York", "C"),
    ("Answer: York", "D"),
    ("It would take 12 hours.", "E"),
    ("Blue bike", "B"),
    ("A) is wrong. B) is right.\nAnswer: B", "B"),
    ("The answer is A.\nNo, wait.\nThe answer is B.", "B"),
    ("Answer: B 🎉", "B"),
    ("Answer: \x1b[1mB\x1b[0m", "B"),
]


@pytest.mark.parametrize(("text", "expected"), CHOSEN)
def test_choice_is_read(text: str, expected: str) -> None:
    assert read_answer("multiple_choice", text, prompt=OPTIONS) == expected


NOT_CHOSEN = [
    *NOTHING,
    *REFUSALS,
    "A train goes faster.",
    "Answer: A train",
    "I think so.",
    "The answer is I think something else.",
    "Answer: X",
    "Answer: A or B",
    "Answer: A, B",
    "Answer: (A) and (B)",
    "The correct answer is A, B, C, D, E.",
    "Between a red car and a blue bike it is hard to choose.",
    "A) a red car\nB) a blue bike\nC) New York\nD) York",
    "Option A and Option B are both right.",
    "It depends.",
    "Answer: Z",
    "B12 is a vitamin.",
    'End with a line "Answer: X", where X is the letter of the right option.',
    OPTIONS,
]


@pytest.mark.parametrize("text", NOT_CHOSEN)
def test_no_option_is_read(text: str) -> None:
    assert read_answer("multiple_choice", text, prompt=OPTIONS) is None


def test_letter_beyond_the_options_counts_when_it_is_a_label() -> None:
    assert read_answer("multiple_choice", "Answer: F", prompt=OPTIONS) is None
    assert read_answer("multiple_choice", "Answer: F", prompt=OPTIONS, labels=("A", "F")) == "F"


# Excerpts of what the embedded student wrote at temperature 0, with the letters it was offered.
STUDENT_CHOICES = [
    ("A, B, C, D, E", None),
    ("A, B, C, D, E\n\nThe correct answer is A, B, C, D, E.", None),
    ("A, B, C, D, E\n\nThe correct answer is A, which is an example of kinetic energy.", "A"),
    ("(C) kill", "C"),
    ("D) cow", "D"),
    ("A) flute\n\nThe correct answer is D) ship.", "D"),
    ("A)\n\nThe correct answer is D) organ", "D"),
    ("A)\n\nThe correct answer is D)\n\nThe answer is a color.", "D"),
    ("A student wants to find out how many different kinds of birds are found in a park.", None),
    ("A bath towel can be borrowed from any of the following:\nA) cupboard\nB) at hotel\nC) swimming pool", None),
]


@pytest.mark.parametrize(("text", "expected"), STUDENT_CHOICES)
def test_choice_in_what_the_student_wrote(text: str, expected: str | None) -> None:
    assert read_answer("multiple_choice", text, labels=tuple("ABCDE")) == expected
