"""Answers of the kinds that are words: choices, truths, labels, phrases, texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.domain.strategies import ANSWER_FORMAT
from orca_local.domain.types import KINDS, Kind
from orca_local.kinds.answers import extract_answer
from orca_local.kinds.option_reader import normalize, parse_options

OPTIONS = "Which one?\nA) a red car\nB) a blue bike\nC) New York\nD) York\nE) 12 hours"
REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I cannot answer this question.",
    "As an AI language model, I am unable to determine which is right.",
    "There is not enough information to say.",
]
NOTHING = [
    "",
    "   ",
    "\n\r\n\t",
    "\x00\x1b[2J",
    "...",
    "🎉",
    "**",
    "Answer:",
    "**Answer:**",
    "<think>\nA, so the answer is B",
]

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
    assert extract_answer("multiple_choice", text, prompt=OPTIONS) == expected


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
def test_what_is_no_choice_is_not_found(text: str) -> None:
    assert extract_answer("multiple_choice", text, prompt=OPTIONS) is None


def test_letter_beyond_the_options_counts_when_it_is_a_label() -> None:
    assert extract_answer("multiple_choice", "Answer: F", prompt=OPTIONS) is None
    assert extract_answer("multiple_choice", "Answer: F", prompt=OPTIONS, labels=("A", "F")) == "F"


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
    assert extract_answer("multiple_choice", text, labels=tuple("ABCDE")) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Q?\nA) one\nB) two", {"A": "one", "B": "two"}),
        ("Q?\nA. one\nB. two\nC. three", {"A": "one", "B": "two", "C": "three"}),
        ("Q?  (A) one thing (B) two, or more (C) three.", {"A": "one thing", "B": "two, or more", "C": "three."}),
        ("Q? (A)one (B)two", {"A": "one", "B": "two"}),
        ("Q?\n(a) one\n(b) two", {"A": "one", "B": "two"}),
        ("Q?\n[A] one\n[B] two", {"A": "one", "B": "two"}),
        ("A: one\nB: two", {"A": "one", "B": "two"}),
        ("Q?\r\nA) one\r\nB) two\r\n", {"A": "one", "B": "two"}),
        ("Say A) x or B) y. Now:\nA) one\nB) two", {"A": "one", "B": "two"}),
        ("J. Smith met A. Jones.", {}),
        ("No options, e.g. (a) nothing", {}),
        ("", {}),
    ],
)
def test_options_are_parsed(prompt: str, expected: dict[str, str]) -> None:
    assert parse_options(prompt) == expected


TRUTHS = [
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


@pytest.mark.parametrize(("text", "expected"), TRUTHS)
def test_truth_is_read(text: str, expected: str) -> None:
    assert extract_answer("boolean", text) == expected


NO_TRUTHS = [
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


@pytest.mark.parametrize("text", NO_TRUTHS)
def test_what_is_no_truth_is_not_found(text: str) -> None:
    assert extract_answer("boolean", text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The answer to this question is yes.", "yes"),
        ('The answer to the question is: "Yes"', "yes"),
        ("The answer is 'no' to the question.\n\nThe sentence is not explicitly written.", "no"),
        ("No, 2 does not divide 257 evenly.", "no"),
        ("- 1 = 2\n- 2 = 3\n\nSo, the answer is yes.", "yes"),
        ("979 is indeed an even number.", None),
        ("Sure, I'd be happy to help with that. Here's a possible solution:\n\nThe answer is: 607.", None),
        ("The answer is indeed possible, but the question is ambiguous.", None),
    ],
)
def test_truth_in_what_the_student_wrote(text: str, expected: str | None) -> None:
    assert extract_answer("boolean", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tuesday", "Tuesday"),
        ("Answer: Tuesday", "Tuesday"),
        ("**Answer:** Tuesday.", "Tuesday"),
        ("Answer:\n\nTuesday", "Tuesday"),
        ("Answer: The day is Tuesday.", "Tuesday"),
        ("Answer: Tuesday (three days after Saturday)", "Tuesday"),
        ("Answer: Tuesday, because three days have passed.", "Tuesday"),
        ("The answer is Tuesday. This is what the calendar says.", "Tuesday"),
        ("The answer is Monday.\nThe answer is Tuesday.", "Tuesday"),
        ("\\boxed{\\text{Tuesday}}", "Tuesday"),
        ('The answer is "Sunday."', "Sunday"),
        ('The answer to this question is: "Liam"', "Liam"),
        ("The answer is: Liam.", "Liam"),
        ("Answer: Mr. Smith", "Mr. Smith"),
        ("Answer: 8, 9", "8, 9"),
        ("The job starts in December and ends in January.", None),
        ("It starts in June.\nIt ends in July.\n", None),
        ('End with a line "Answer: " and then the answer alone.', None),
        *[(text, None) for text in (*NOTHING, *REFUSALS)],
    ],
)
def test_exact_answer_is_read(text: str, expected: str | None) -> None:
    assert extract_answer("exact", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Answer: positive", "positive"),
        ("The sentiment is Positive.", "positive"),
        ("POSITIVE", "positive"),
        ("Answer: very positive", "very positive"),
        ("It is very positive.", "very positive"),
        ("The tweet is not positive; it is negative.", "negative"),
        ('1. Positive: "you totally deserved it!"\n2. Negative: "I\'m so jealous of you!"', None),
        ("It is either positive or negative.", None),
        ("Answer: mixed", None),
        ("positively", None),
        ("It goes against the traditional notion of a documentary.", None),
        *[(text, None) for text in (*NOTHING, *REFUSALS)],
    ],
)
def test_label_is_read(text: str, expected: str | None) -> None:
    assert extract_answer("exact", text, labels=("positive", "negative", "very positive")) == expected


def test_span_may_be_a_sentence() -> None:
    assert extract_answer("span", "Elena has a green bike.") == "Elena has a green bike"
    assert extract_answer("span", "Answer: the green bike") == "the green bike"
    assert extract_answer("span", "Sōsuke") == "Sōsuke"
    assert extract_answer("span", "One line.\nAnother line.") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A short summary of it.", "A short summary of it."),
        ("Thinking first.\nAnswer:\nA short summary.\nOf two lines.", "A short summary.\nOf two lines."),
        ("**Answer:** A summary.", "A summary."),
        ("Answer:", None),
        ("", None),
        ("...", None),
    ],
)
def test_text_is_what_follows_the_heading(text: str, expected: str | None) -> None:
    assert extract_answer("text", text) == expected


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "free"])
def test_instructions_repeated_are_no_answer(kind: Kind) -> None:
    assert extract_answer(kind, ANSWER_FORMAT[kind]) is None
    assert extract_answer(kind, f"  {ANSWER_FORMAT[kind]}\r\n") is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("free", "text")])
def test_prompt_repeated_is_no_answer(kind: Kind) -> None:
    prompt = "Is 257 even? Is it true or false, yes or no?\r\nA) odd\r\nB) even"
    assert extract_answer(kind, prompt, prompt=prompt) is None


@given(st.sampled_from(KINDS), st.text(max_size=300), st.text(max_size=100))
def test_any_text_gives_an_answer_or_none(kind: Kind, text: str, prompt: str) -> None:
    answer = extract_answer(kind, text, prompt=prompt, labels=("yes", "no"))
    assert answer is None or answer.strip()


WORDS = ("Answer:", "is", "A", "b", "(C)", "yes", "no", "12", "-", "=", "\n", "the", "**", "\\boxed{", "}", "or")


@given(st.sampled_from(KINDS), st.lists(st.sampled_from(WORDS), max_size=20))
def test_any_mixture_of_cues_gives_an_answer_or_none(kind: Kind, words: list[str]) -> None:
    answer = extract_answer(kind, " ".join(words), prompt=OPTIONS)
    if kind == "boolean":
        assert answer in ("yes", "no", None)
    if kind == "multiple_choice":
        assert answer in (*"ABCDE", None)


def test_long_repetition_is_read_in_time() -> None:
    for text in ("the answer is " * 4000, "(" * 20000, "\\boxed{" * 3000, "- " * 20000, "<think>" * 3000):
        for kind in KINDS:
            extract_answer(kind, text, prompt=OPTIONS)


def test_normalize_keeps_a_text_of_articles() -> None:
    assert normalize("The  Cat's, hat!") == "cats hat"
    assert normalize("A") == "a"
