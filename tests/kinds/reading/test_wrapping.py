"""Marks around an answer, the period after it, and the sentences of a text."""

from __future__ import annotations

import pytest

from orca_local.kinds.reading.wrapping import sentences, unwrap, without_emoji, without_period


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"x"', "x"),
        ("“x”", "x"),
        ("«x»", "x"),
        ("「x」", "x"),
        ("**`x`**", "x"),
        ("\\text{\\textbf{x}}", "x"),
        ("\\text{a} and \\text{b}", "\\text{a} and \\text{b}"),
        ("<b>x</b>", "x"),
        ("$x$", "x"),
        ('"a" or "b"', '"a" or "b"'),
        ("(x)", "(x)"),
        ("_x_", "_x_"),
        ('""', '""'),
        ("x**", "x**"),
        ("x**2", "x**2"),
    ],
)
def test_marks_are_removed_in_pairs(text: str, expected: str) -> None:
    assert unwrap(text) == expected


def test_brackets_are_removed_on_request() -> None:
    assert [unwrap(text, brackets=True) for text in ("(x)", "[x]", "{x}", "_x_", "(a) (b)")] == [
        *("x", "x", "x", "x"),
        "(a) (b)",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It ends.", "It ends"),
        ("終わり。", "終わり"),
        ("Washington, D.C.", "Washington, D.C."),
        ("at 5 p.m.", "at 5 p.m."),
        ("Ann and Bob Jr.", "Ann and Bob Jr."),
        ("and so on ...", "and so on ..."),
        ("A.", "A"),
        ("No.", "No"),
        (".", "."),
    ],
)
def test_final_period_of_a_sentence_is_removed(text: str, expected: str) -> None:
    assert without_period(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Mr. Smith met J. K. Jones. They spoke.", ["Mr. Smith met J. K. Jones.", "They spoke."]),
        ("It is in the U.S. Army. It is old.", ["It is in the U.S. Army.", "It is old."]),
        ("It isn't A. It is D.", ["It isn't A.", "It is D."]),
        ("See No. 5. No. It is 6.", ["See No. 5.", "No.", "It is 6."]),
        ("one\ntwo\n\nthree", ["one", "two", "three"]),
        ("一。二。", ["一。", "二。"]),
        ("version 3.5 is out", ["version 3.5 is out"]),
        ("1. apple", ["1. apple"]),
        ("", []),
    ],
)
def test_text_is_divided_into_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_emoji_at_the_end_are_removed() -> None:
    assert [without_emoji(text) for text in ("yes 🎉", "🎉", "C ✓")] == ["yes", "🎉", "C ✓"]
