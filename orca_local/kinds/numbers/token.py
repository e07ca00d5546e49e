"""Split text into the tokens that the number parser reads, and read one numeral."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from orca_local.kinds.numbers.notation import THIN_SPACE
from orca_local.kinds.numbers.words import GLUED_SCALES

MAX_DIGITS = 300
"""Longer numerals and larger exponents are not read: a model that repeats itself writes them."""

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<numeral>"
    rf"(?:[1-9][0-9]{{0,2}}(?:[ {THIN_SPACE}][0-9]{{3}})+(?![0-9-]|[ ]?/)(?:[.,][0-9]+)?"
    r"|[0-9]+(?:[.,'_][0-9]+)*|\.[0-9]+(?:[.,][0-9]+)*)"
    r"(?:[eE][-+]?[0-9]+(?![0-9A-Za-z]))?)"
    rf"|(?P<word>[{GLUED_SCALES}](?<=[0-9 {GLUED_SCALES}].)|[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<symbol>.)",
    re.DOTALL,
)
_MARK = re.compile(rf"([.,'_ {THIN_SPACE}])")


class Token(NamedTuple):
    """One token of a text in plain notation."""

    kind: str
    """`numeral`, `word`, `symbol`, or `end` after the last one."""
    text: str
    """The token as written."""
    lower: str
    """The token in lower case."""
    is_spaced: bool
    """Whether white space comes before it."""


END = Token("end", "", "", True)


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a text in plain notation."""
    tokens = []
    is_spaced = True
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "symbol"
        if kind == "space":
            is_spaced = True
        else:
            tokens.append(Token(kind, match[0], match[0].lower(), is_spaced))
            is_spaced = False
    return tokens


def parse_numeral(text: str) -> tuple[Fraction, int] | None:
    """Return the value of one numeral and its number of decimals; None if its marks fit no way of writing numbers.

    Thousands are groups of three after `,` `.` `'` `_` or a space; with `,` also the Indian groups of two before the
    last three. One `,` before exactly three digits marks thousands, unless a zero stands first: `1,234` is 1234, but
    `0,125` and `3,5` are decimals. One `.` is always a decimal point. Of two different marks the last one is decimal.
    """
    if len(text) > MAX_DIGITS:
        return None
    mantissa, _, exponent = text.lower().partition("e")
    pieces = _MARK.split(mantissa)
    groups, marks = pieces[::2], [" " if mark == THIN_SPACE else mark for mark in pieces[1::2]]
    power = int(exponent or 0)
    decimals = _decimals(groups, marks)
    if decimals is None or abs(power) > MAX_DIGITS:
        return None
    value = Fraction(int("".join(groups) or "0"), 10**decimals) * Fraction(10) ** power
    return value, max(0, decimals - power)


def _decimals(groups: list[str], marks: list[str]) -> int | None:
    """Return how many of the digits are decimals; None if the marks do not fit."""
    if not marks or (marks != ["."] and _are_thousands(groups, marks)):
        return 0
    is_decimal = marks[-1] in ".," and marks[-1] not in marks[:-1]
    has_odd_zeros = marks == [","] and groups[0][:1] == "0" != groups[0] and len(groups[1]) == 3  # 01,500
    if has_odd_zeros or not is_decimal or (len(marks) > 1 and not _are_thousands(groups[:-1], marks[:-1])):
        return None
    return len(groups[-1])


def _are_thousands(groups: list[str], marks: list[str]) -> bool:
    if len(set(marks)) != 1 or not 1 <= len(groups[0]) <= 3 or groups[0].startswith("0"):
        return False
    sizes = [len(group) for group in groups[1:]]
    if marks[0] == "." and len(groups) == 4 and all(int(group) < 256 for group in groups):
        return False  # an IP address
    is_indian = marks[0] == "," and len(groups[0]) <= 2 and len(sizes) > 1 and sizes == [2] * (len(sizes) - 1) + [3]
    return is_indian or all(size == 3 for size in sizes)
