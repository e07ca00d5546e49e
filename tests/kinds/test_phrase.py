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
    "Hello, world!",
    "U.S.",
    "5 p.m.",
    "Apple Inc.",
    "foo.bar()",
    "`a` and `b`",
    "**bold** text",
    "3 * 4 * 5",
    "{1, 2}",
    "( ( ) )",
    "> >",
    "<a> </a>",
    "O(n log n)",
    "the cat sat on the mat",
    "I am here",
    "a | b",
    "C:\\Users\\x",
    "\\alpha",
    "$x^2$ + $y^2$",
    "100 km/h",
    '"To be" or "not to be"',
    "rock & roll",
    "co-operate",
    "naïve",
    "Is it raining?",
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
    ('Answer: "Hello."', "Hello"),
    ("Answer: No.", "No"),
    ("Answer: $\\alpha$", "\\alpha"),
    ("Answer: ‘single’", "single"),
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
    ("The answer is Mr. Smith.", "Mr. Smith"),
    ("The answer is the U.S. Army.", "the U.S. Army"),
    ("The answer is Washington, D.C.", "Washington, D.C."),
    ("The answer is 3:45 p.m.", "3:45 p.m."),
    ("The answer is Oslo (Norway).", "Oslo (Norway)"),
    ("The answer is Oslo (the capital of Norway).", "Oslo"),
    ('The word is "banana".', "banana"),
    ("The missing word is 'skin'.", "skin"),
    ("The next word is: apple", "apple"),
    ("skin", "skin"),
    ("The capital is Oslo. It is large.", "Oslo"),
    ("Oslo is the answer.", "Oslo"),
    ("I believe the answer is Oslo.", "Oslo"),
    ("That's Oslo.", "Oslo"),
    ("It must be Oslo, because of the tower.", "Oslo"),
    ("Sure! The capital is Oslo.", "Oslo"),
    ("Well, it's Oslo.", "Oslo"),
    ("His name was John.", "John"),
    ("Her name is Mary.", "Mary"),
    ("Their names are Tom and Mary.", "Tom and Mary"),
    ("The author of Hamlet is William Shakespeare.", "William Shakespeare"),
    ("The year was 1945.", "1945"),
    ("1945", "1945"),
    ("In 1945.", "In 1945"),
    ("8, 9", "8, 9"),
    ("A, C", "A, C"),
    ("First, consider the days. Saturday plus three days is May. So the day is May.", "May"),
    ("Step 1: count.\nStep 2: add.\nTherefore, the day is May.", "May"),
]

NO_PHRASE = [
    "The job starts in December and ends in January.",
    "It depends on many things, as far as anybody can tell today.",
    "It isn't Oslo.",
    "Hello there, how can I help you today?",
    "As an AI model, I have no opinions.",
    "It rains.",
    "We do not know.",
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
