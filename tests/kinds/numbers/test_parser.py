"""One number: its value, its writing, and where it begins and ends."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.kinds.numbers.notation import plain_notation
from orca_local.kinds.numbers.parser import parse_quantities
from orca_local.kinds.numbers.phrase import read_bare_number
from orca_local.kinds.numbers.token import tokenize
from orca_local.kinds.numbers.value import decimal_text, has_finite_decimals, reference_text


def values(text: str) -> list[str | None]:
    quantities = parse_quantities(tokenize(plain_notation(text)))
    return [None if quantity.value is None else str(quantity.value) for quantity in quantities]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7 - 3", ["7", "3"]),
        ("7 -3", ["7", "3"]),
        ("7-3", ["7", "3"]),
        ("7 - -3", ["7", "-3"]),
        ("x - 3", ["3"]),
        ("it is -3", ["-3"]),
        ("minus three and 4", ["-3", "4"]),
        ("12 minus 3", ["12", "3"]),
        ("COVID-19", [None]),
        ("3:45", [None]),
        ("3/4/2024", [None]),
        ("1/0", [None]),
        ("2^10 and 10^2", [None, "100"]),
        ("2√3", [None, None]),
        ("x2 and 2x and 2 x 3", [None, None, "2", "3"]),
        ("x ≤ 5", [None]),
        ("5 million and 5", ["5000000", "5"]),
        ("half of 10", ["1/2", "10"]),
        ("two and a half or 2 1/2", ["5/2", "5/2"]),
        ("twenty thirty", ["20", "30"]),
        ("two three", ["2", "3"]),
        ("one hundred and twenty-third", ["123"]),
        ("ninety-nine thousand nine hundred and ninety-nine", ["99999"]),
        ("two thousand and twenty four", ["2024"]),
        ("in the first half", ["1"]),
        ("$5m long, 5m long", ["5000000", "5"]),
        ("(3,5) and 3,5", [None, "7/2"]),
        ("one and one and one", ["1", "1", "1"]),
        ("A$15", ["15"]),
        ("a room of one's own", []),
        ("", []),
    ],
)
def test_every_number_of_a_text(text: str, expected: list[str | None]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", "0"),
        ("-7/2", "-3.5"),
        ("1/8", "0.125"),
        ("-1/1000", "-0.001"),
        ("1/3", "0.3333333333333333"),
        ("-2/3", "-0.6666666666666667"),
        ("20000/3", "6666.666666666667"),
        ("1/3000", "0.0003333333333333333"),
        ("100000000000000001/10", "10000000000000000.1"),
    ],
)
def test_plain_decimal_form(value: str, expected: str) -> None:
    assert decimal_text(Fraction(value)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.50", "3.50"),
        ("18.0", "18.0"),
        ("1,234", "1234"),
        ("-1,234.5", "-1234.5"),
        ("1/3", "1/3"),
        ("3/4", "3/4"),
        ("1 1/2", "3/2"),
        ("8/4", "2"),
        ("1.5e3", "1500"),
        ("2.5e-3", "0.0025"),
        ("−7", "-7"),
        ("$3.50", "3.50"),
        (".5", "0.5"),
    ],
)
def test_a_reference_keeps_its_decimals(text: str, expected: str) -> None:
    number = read_bare_number(text)
    assert number is not None
    assert reference_text(number) == expected


@given(st.fractions())
def test_plain_decimal_form_has_the_value(value: Fraction) -> None:
    difference = abs(Fraction(decimal_text(value)) - value)
    assert difference == 0 if has_finite_decimals(value) else difference <= abs(value) / 10**15


@given(st.integers(-(10**30), 10**30))
def test_every_whole_number_survives_each_writing(value: int) -> None:
    for text in (
        f"{value}",
        f"{value:,}",
        f"{value:_}",
        f"{value:,}".replace(",", "\u202f"),
        f"{value}.0",
        f"({value})",
    ):
        assert values(text) == [str(value)]


@given(st.text(max_size=200))
def test_any_text_can_be_parsed(text: str) -> None:
    values(text)
