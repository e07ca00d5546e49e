"""Read a phrase that is one number: with its unit, with words that do not change it, or as the side of an equation."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from fractions import Fraction

from orca_local.kinds.numbers import words
from orca_local.kinds.numbers.notation import plain_notation
from orca_local.kinds.numbers.parser import parse_quantities, parse_quantity, token_at
from orca_local.kinds.numbers.token import Token, tokenize
from orca_local.kinds.numbers.value import Quantity

MAX_CHARACTERS = 400
"""Number of characters that are read of a statement."""
EQUALS = frozenset(("=", "≈"))
_INEQUALITY = frozenset("<>~/≠")
"""Signs that make an equals sign another relation."""
OPERATORS = frozenset("+-×÷/^*")
LEADS = frozenset("=≈#№([\"':")
"""Symbols that may stand before a number without changing it."""
_UNIT_SYMBOLS = frozenset("%°℃℉‰\"'…") | words.CURRENCY_SYMBOLS
_MAX_UNIT_WORDS = 6
_NOT_IN_EQUATION = words.NOT_UNIT_WORDS - words.OPERATOR_WORDS - {"squared", "cubed", "root"}


def read_whole_number(content: str) -> Quantity | None:
    """Return the number that all of `content` is: alone, with its unit, or as a side of an equation."""
    return parse_phrase(tokenize(plain_notation(content))) if len(content) <= MAX_CHARACTERS else None


def read_bare_number(content: str) -> Quantity | None:
    """Return the number in digits that all of `content` is, with no other words or unit than a currency or `%`."""
    tokens = tokenize(plain_notation(content.strip())) if len(content) <= MAX_CHARACTERS else []
    number = parse_quantity(tokens, 0)
    if number is None or number.value is None or number.style != "digits":
        return None
    is_bare = all(token.text == "%" or token.text in words.CURRENCY_SYMBOLS for token in tokens[number.end :])
    return number if is_bare else None


def parse_phrase(tokens: Sequence[Token]) -> Quantity | None:
    """Return the number that the tokens are, alone or beside the equals signs of one equation; None if they are not."""
    tokens = trim_phrase(tokens)
    if [token.lower for token in tokens[:2]] == ["no", "one"]:
        return None  # "no one" is nobody
    signs = [at for at, token in enumerate(tokens) if token.text in EQUALS and at > 0]
    if not signs:
        return parse_single(tokens)
    left, right = tokens[: signs[0]], tokens[signs[-1] + 1 :]
    if left[-1].text in _INEQUALITY or _is_formula(left):
        return None
    if any(map(_is_no_equation, tokens[: signs[-1]])):
        return None
    number = parse_single(right)
    other = parse_single(left) if number is not None else None
    if number is not None and other is not None and other.value != number.value:
        return None  # "5 = 6" contradicts itself
    is_expression = any(token.text in OPERATORS for token in right) and not any(map(_is_no_equation, right))
    if number is None and (len(right) == 1 or is_expression):
        number = parse_single(left)
    return number


def _is_no_equation(token: Token) -> bool:
    return token.text in (",", ";") or token.lower in _NOT_IN_EQUATION


def _is_formula(tokens: Sequence[Token]) -> bool:
    """Whether the tokens compute with an unknown, as "2x", "-x", "1/x" and "x^2": the other side is not its value."""
    shape = "".join("n" if token.text[0].isdigit() else "x" if token.text.isalpha() else token.text for token in tokens)
    is_unknown = any(len(token.text) == 1 and token.text.isalpha() for token in tokens)
    return is_unknown and shape in ("nx", "-x", "n/x", "x/n", "x^n")


def trim_phrase(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return the tokens without quotes, final periods, ornaments and brackets around all of them."""
    first, end = 0, len(tokens)
    while end > first and _is_ornament(tokens[end - 1].text):
        end -= 1
    while first < end and (tokens[first].text in ("'", '"', ".") or _is_symbol(tokens[first].text)):
        first += 1
    if end - first > 2 and tokens[first].text + tokens[end - 1].text in ("()", "[]"):
        has_comma = any(token.text == "," or "," in token.text for token in tokens[first:end])
        return tokens if has_comma else tokens[first + 1 : end - 1]
    return tokens[first:end]


def _is_ornament(text: str) -> bool:
    return text in (*".!,;:\"'$",) or _is_symbol(text)


def _is_symbol(text: str) -> bool:
    return unicodedata.category(text[0]) == "So" and text not in ("℃", "℉", "°", "№")


def parse_single(tokens: Sequence[Token]) -> Quantity | None:
    """Return the number that the tokens are, with words that do not change it before, and its unit after it."""
    at = 0
    while (number := parse_quantity(tokens, at)) is None:
        token = token_at(tokens, at)
        is_abbreviated = token.text == "." and token_at(tokens, at - 1).lower in ("no", "nr", "approx", "ca", "rs")
        if token.text not in LEADS and token.lower not in words.APPROXIMATE_WORDS and not is_abbreviated:
            return None
        at += 1
    if number.value is None:
        return None
    end = unit_end(tokens, number.end)
    while token_at(tokens, end).text in (")", "]", '"', "'", "$") and end < len(tokens):
        end += 1
    return number if end == len(tokens) or _is_remark(tokens[end:], number.value) else None


def _is_remark(tokens: Sequence[Token], value: Fraction) -> bool:
    """Whether the tokens are a remark in brackets that names no other number."""
    if token_at(tokens, 0).text != "(" or tokens[-1].text != ")":
        return False
    is_plain = not any(token.lower in words.NOT_UNIT_WORDS for token in tokens)
    return is_plain and all(number.value == value for number in parse_quantities(tokens[1:-1]))


def unit_end(tokens: Sequence[Token], at: int, limit: int = _MAX_UNIT_WORDS) -> int:
    """Return the index after the unit that begins at `at`: "km", "%", "m^3", "dollars per hour", "apples left"."""
    count = 0
    while True:
        token, after = token_at(tokens, at), token_at(tokens, at + 1)
        if token.kind == "word" and count < limit and _is_unit_word(tokens, at):
            at, count = at + 1, count + 1
            if after.text == "^":
                at += 1 + (token_at(tokens, at + 1).text == "-") + 1
            elif after.kind == "numeral" and not after.is_spaced and after.text in ("2", "3"):
                at += 1
        elif token.text in _UNIT_SYMBOLS or (_joins_unit_words(token, after) and (count or token.text != "×")):
            at += 1
        else:
            return min(at, len(tokens))


def _joins_unit_words(token: Token, after: Token) -> bool:
    is_joint = token.text == "/" or (token.text in ("×", "-", ".") and not token.is_spaced)
    return is_joint and after.kind == "word"


def _is_unit_word(tokens: Sequence[Token], at: int) -> bool:
    token = tokens[at]
    if token.lower == "times":
        return parse_quantity(tokens, at + 1) is None
    if token.lower in words.NOT_UNIT_WORDS or token.lower in words.MONTHS or token.text == "May":
        return False
    if token.lower in words.FRACTIONS and token.lower != "quarters":
        return False
    is_letter = len(token.text) == 1 and token.text.isascii()
    if is_letter and token.text not in words.UNIT_LETTERS and token.lower not in "ap":
        return False
    number = parse_quantity(tokens, at)
    return number is None or number.style == "ordinal"
