"""Numerals and their marks."""

from __future__ import annotations

from fractions import Fraction

import pytest

from orca_local.kinds.numbers.token import parse_numeral, tokenize


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [
        ("1234", "1234", 0),
        ("1,234", "1234", 0),
        ("1,234,567", "1234567", 0),
        ("1,23,456", "123456", 0),
        ("12,34,567.5", "1234567.5", 1),
        ("1.234.567", "1234567", 0),
        ("1.234", "1.234", 3),
        ("1.234,5", "1234.5", 1),
        ("1,234.50", "1234.5", 2),
        ("1'234.5", "1234.5", 1),
        ("1_000_000", "1000000", 0),
        ("1 234,5", "1234.5", 1),
        ("3,5", "3.5", 1),
        ("3,14", "3.14", 2),
        ("0,125", "0.125", 3),
        ("1234,567", "1234.567", 3),
        ("3,1416", "3.1416", 4),
        (".5", "0.5", 1),
        ("007", "7", 0),
        ("1e3", "1000", 0),
        ("2.5e-3", "0.0025", 4),
        ("1.25e1", "12.5", 1),
    ],
)
def test_numeral(text: str, value: str, decimals: int) -> None:
    assert parse_numeral(text) == (Fraction(value), decimals)


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3",
        "1.2.3",
        "12,345,6",
        "1,234,56",
        "10.0.0.1",
        "192.168.100.200",
        "1'2",
        "1.234.56",
        "1,234.567.8",
        "01,500",
        "101_2",
    ],
)
def test_marks_that_fit_no_number(text: str) -> None:
    assert parse_numeral(text) is None


@pytest.mark.parametrize(
    ("text", "numerals"),
    [
        ("1 234 567 x", ["1 234 567"]),
        ("In 2020 300 people", ["2020", "300"]),
        ("12 200-page books", ["12", "200"]),
        ("1 234 5", ["1 234", "5"]),
        ("5 3/4", ["5", "3", "4"]),
        ("1 125/250", ["1", "125", "250"]),
        ("5. 6.", ["5", "6"]),
        ("1e5 2e", ["1e5", "2"]),
    ],
)
def test_which_digits_are_one_numeral(text: str, numerals: list[str]) -> None:
    assert [token.text for token in tokenize(text) if token.kind == "numeral"] == numerals
