"""Short answers in words: kept whole where they are the answer, taken out of a sentence otherwise."""

from __future__ import annotations

import pytest

from orca_local.kinds.table import get_kind

WHOLE = [
    "x**2",
    "__init__",
    "Oslo (Texas)",
    "What is your name?",
    ") ]",
    "https://example.org/a?b=c",
    "a**b + c**d",
    '"a" and "b"',
    "$5 and $6",
    "print('x')",
    "if x > 0: return",
    "*args, **kwargs",
    "f(x) = 2x",
    "(1, 2)",
    "[1, 2]",
    "3:45 p.m.",
    "e.g.",
    "J. K. Rowling",
    "George W. Bush",
    "Gen. Lee",
    "Dr. Smith",
    "to be, or not to be",
    "a",
    "the",
    "+",
    "...",
    "?",
    "🎉",
    "don't",
    "'tis",
    '"Hello," she said',
    "O'Brien",
    "C++",
    "C#",
    ".NET",
    "Yahoo!",
    "Node.js",
    "5 > 3",
    "<div>",
    "50%",
    "#hashtag",
    "@user",
    "Москва",
    "1, 2, 3",
    "A, C",
    "person HasA parent",
    "12/05/2020",
    "St. Louis",
    "Mt. Everest, Nepal",
    "The Lord of the Rings",
    "The Cat in the Hat",
    "Who's Afraid of Virginia Woolf?",
]

WRAPPED = [
    ("Answer: May.", "May"),
    ("Answer: “May”", "May"),
    ("Answer: «mardi»", "mardi"),
    ("Answer: „Dienstag“", "Dienstag"),
    ("Answer: 'May'", "May"),
    ("Answer: 「火曜日」", "火曜日"),
    ("Answer: $x$", "x"),
    ("\\boxed{\\text{May}}", "May"),
    ('Answer: "May."', "May"),
    ("**Answer:** *May*", "May"),
    ("Answer: `__init__`", "__init__"),
    ("Answer: <b>May</b>", "May"),
    ("Answer: 東京。", "東京"),
]

STATED = [
    ("Answer: May, because three days passed.", "May"),
    ("Answer: May (a day of the week)", "May"),
    ("Answer: May. It is the third day.", "May"),
    ("Answer: The capital is Lima.", "Lima"),
    ("The answer is May because three days passed.", "May"),
    ("Lima is the capital of Peru.", "Lima"),
    ("It is Lima.", "Lima"),
    ("It's Lima.", "Lima"),
    ("I think it is Lima.", "Lima"),
    ("I would say Lima.", "Lima"),
    ("That would be Lima.", "Lima"),
    ("Lima.", "Lima"),
    ("Lima. It became the capital in 1535.", "Lima"),
    ("Lima, because it was chosen in 1530.", "Lima"),
    ("The capital of Peru is **Lima**.", "Lima"),
    ("So, the capital must be Lima.", "Lima"),
    ("Not April but May.", "May"),
    ("The answer is May, not April.", "May"),
    ("The answer is May rather than April.", "May"),
    ('The answer is "May".', "May"),
    ("The answer is 'to be or not to be'.", "to be or not to be"),
    ("東京", "東京"),
]

NO_PHRASE = [
    "The job starts in December and ends in January.",
    "It depends on many things, as far as anybody can tell today.",
]


@pytest.mark.parametrize("phrase", WHOLE)
def test_perfect_answer_is_not_cut(phrase: str) -> None:
    readings = get_kind("exact").read(f"Answer: {phrase}")
    assert (readings.strict, readings.lenient) == (phrase, phrase)


@pytest.mark.parametrize(("text", "expected"), WRAPPED)
def test_marks_around_an_answer_are_removed_in_pairs(text: str, expected: str) -> None:
    readings = get_kind("exact").read(text)
    assert (readings.strict, readings.lenient) == (expected, expected)


@pytest.mark.parametrize(("text", "expected"), STATED)
def test_phrase_is_taken_out_of_a_sentence(text: str, expected: str) -> None:
    readings = get_kind("exact").read(text)
    assert (readings.strict, readings.lenient) == (None, expected)


@pytest.mark.parametrize("text", NO_PHRASE)
def test_other_text_has_no_phrase(text: str) -> None:
    assert get_kind("exact").read_lenient(text) is None
