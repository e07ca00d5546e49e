"""Lettered options of a prompt."""

from __future__ import annotations

import pytest

from orca_local.kinds.reading.option_list import parse_options


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
