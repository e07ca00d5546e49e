"""A number in a text, and the number as text."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Literal

_SIGNIFICANT_DIGITS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """A place in the tokens where a number is written."""

    value: Fraction | None
    """The number; None if the digits are none, as in a time, a date or a power."""
    decimals: int
    """Number of decimals that are written, counted in the value."""
    first: int
    """Index of its first token, the sign included."""
    end: int
    """Index after its last token."""
    style: Literal["digits", "words", "ordinal"] = "digits"
    """How it is written. "third" and "twice" are ordinals; only as a whole answer they are numbers."""


def decimal_text(value: Fraction) -> str:
    """Return a number in plain decimal form: exact if its decimals end, else with 16 significant digits."""
    if has_finite_decimals(value):
        return _fixed_text(value, _count_decimals(value))
    context = Context(prec=_SIGNIFICANT_DIGITS)
    return f"{context.divide(Decimal(value.numerator), Decimal(value.denominator)):f}"


def reference_text(number: Quantity) -> str | None:
    """Return a number with the decimals that are written, or as a fraction if it is written as one."""
    if number.value is None:
        return None
    is_decimal = 10**number.decimals % number.value.denominator == 0
    return _fixed_text(number.value, number.decimals) if is_decimal else str(number.value)


def has_finite_decimals(value: Fraction) -> bool:
    """Whether the decimals of a number end."""
    return bool(10 ** _count_decimals(value) % value.denominator == 0)


def _count_decimals(value: Fraction) -> int:
    """Return the number of decimals, for a number whose decimals end."""
    powers = []
    for prime in (2, 5):
        rest, power = value.denominator, 0
        while rest % prime == 0:
            rest, power = rest // prime, power + 1
        powers.append(power)
    return max(powers)


def _fixed_text(value: Fraction, decimals: int) -> str:
    digits = str(abs(value.numerator) * 10**decimals // value.denominator).rjust(decimals + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else sign + digits
