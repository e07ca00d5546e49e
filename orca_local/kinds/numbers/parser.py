"""Parse one number: sign, digits or words, fraction, power of ten, scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from orca_local.kinds.numbers import foreign, words
from orca_local.kinds.numbers.notation import NOT_A_NUMBER
from orca_local.kinds.numbers.token import END, MAX_DIGITS, Token, parse_numeral
from orca_local.kinds.numbers.value import Quantity

_OPERATORS = frozenset("+-×÷/^")
_FIRST = words.FIRST_WORDS | words.CURRENCY_SYMBOLS | {"-", "+"}
_MAX_BITS = 4 * MAX_DIGITS
_LARGE = frozenset(word for word in words.SCALES if len(word) > 3)
"""Words above ninety that may follow a number in words."""


def parse_quantities(tokens: Sequence[Token]) -> list[Quantity]:
    """Return every place where a number is written, in order."""
    quantities = []
    at = 0
    while at < len(tokens):
        quantity = parse_quantity(tokens, at)
        if quantity is not None:
            quantities.append(quantity)
        at = quantity.end if quantity is not None else at + 1
    return quantities


def parse_quantity(tokens: Sequence[Token], first: int) -> Quantity | None:
    """Return the number whose sign, currency or first digit is the token `first`; None if there is none."""
    token = token_at(tokens, first)
    if token.kind != "numeral" and token.lower not in _FIRST:
        return None
    at, is_negative = first, False
    if is_sign(tokens, at):
        is_negative = token_at(tokens, at).text != "+"
        at += 1
    currency = at
    while at < first + 3 and _is_currency(tokens, at):
        at += 1
    has_currency = at > currency
    if has_currency and token_at(tokens, at).text == "-" and not is_negative:
        at, is_negative = at + 1, True
    has_bracket = at > first and token_at(tokens, at).text == "(" and token_at(tokens, at + 1).kind == "numeral"
    at += has_bracket
    if token_at(tokens, at).kind == "numeral":
        quantity: Quantity | None = _numeric(tokens, at, has_currency=has_currency)
    else:
        quantity = _spelled(tokens, at)
    if quantity is None or (has_bracket and token_at(tokens, quantity.end).text != ")"):
        return None
    quantity = replace(quantity, end=quantity.end + has_bracket)
    value = quantity.value
    if value is None or _is_too_long(value) or _is_part(tokens, first, at):
        return replace(quantity, value=None, first=first)
    return replace(quantity, value=-value if is_negative else value, first=first)


def is_sign(tokens: Sequence[Token], at: int) -> bool:
    """Whether a token is the sign of a number. In "7 - 3" and "x - 3" it is an operator, in "COVID-19" a hyphen."""
    token, before, after = token_at(tokens, at), token_at(tokens, at - 1), token_at(tokens, at + 1)
    if token.lower in words.MINUS_WORDS:
        # In "144 tulips minus 28 tulips" it is an operator.
        return not is_operand(before) or (before.kind == "word" and token_at(tokens, at - 2).kind != "numeral")
    if token.text not in ("-", "+") or after is END:
        return False
    if before is END or before.text in "(:=≈,[;$" or before.text in _OPERATORS:
        return True
    if before.kind == "word":
        is_variable = len(before.text) == 1 and before.lower not in "ai"
        return token.is_spaced and not after.is_spaced and not is_variable
    return not is_operand(before) and not after.is_spaced


def is_operand(token: Token) -> bool:
    """Whether a token can be the end of an operand."""
    return token.kind in ("numeral", "word") or token.text in (")", "]", "%", "°", NOT_A_NUMBER, "!")


def token_at(tokens: Sequence[Token], at: int) -> Token:
    """Return the token at an index, `END` outside."""
    try:
        return tokens[at] if at >= 0 else END
    except IndexError:
        return END


def _is_too_long(value: Fraction) -> bool:
    return max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS


def _is_currency(tokens: Sequence[Token], at: int) -> bool:
    token, following = token_at(tokens, at), token_at(tokens, at + 1)
    if token.text in words.CURRENCY_SYMBOLS or token.lower not in words.CURRENCY_WORDS:
        return token.text in words.CURRENCY_SYMBOLS
    return following.kind == "numeral" or following.text in words.CURRENCY_SYMBOLS


def _is_part(tokens: Sequence[Token], first: int, at: int) -> bool:
    """Whether what stands before shows that the digits belong to a name, a power, a root or a comparison."""
    token, before = token_at(tokens, first), token_at(tokens, first - 1)
    if before.text in ("√", "<", ">", "^") or (before.text in ("_", "|") and not token.is_spaced):
        return True
    if token_at(tokens, first - 1 - (before.text == "(" or before.lower == "of")).lower in words.FUNCTIONS:
        return True
    if token.is_spaced or token.lower in words.MINUS_WORDS or token.text in words.CURRENCY_SYMBOLS:
        return False
    if before.text in ("-", "/", ".", ":", "@") and not before.is_spaced:
        earlier = token_at(tokens, first - 2)
        is_glued = earlier.kind == "word" and before.text != ":"
        return is_glued or (before.text in ".:/" and earlier.kind == "numeral")
    if before.text == "," and not is_operand(token_at(tokens, first - 2)):
        return True
    return before.kind == "word" and before.text.isascii() and token.kind != "word"


def _numeric(tokens: Sequence[Token], at: int, *, has_currency: bool) -> Quantity:
    parsed = parse_numeral(tokens[at].text)
    if parsed is None or _is_pair(tokens, at):
        return Quantity(None, 0, at, _end_of_digits(tokens, at + 1))
    quantity = Quantity(parsed[0], parsed[1], at, at + 1)
    for step in (_with_fraction, _with_power, _with_power_of_ten):
        quantity = step(tokens, quantity)
    if quantity.value is None:
        return replace(quantity, end=_end_of_digits(tokens, quantity.end))
    quantity = _with_suffix(tokens, quantity, has_currency=has_currency)
    return _without_neighbours(tokens, quantity)


def _is_pair(tokens: Sequence[Token], at: int) -> bool:
    """Whether it is `(3,5)`, which is a point rather than a decimal number."""
    text, brackets = tokens[at].text, (token_at(tokens, at - 1).text, token_at(tokens, at + 1).text)
    return brackets in (("(", ")"), ("[", "]")) and "," in text and len(text) < 5 and not text.startswith("0")


def _end_of_digits(tokens: Sequence[Token], at: int) -> int:
    """Return the end of digits and marks without a space between, such as the rest of a date."""
    while not (token := token_at(tokens, at)).is_spaced:
        is_mark = token.text in (":", "/", ".", "^", "-") and token_at(tokens, at + 1).kind == "numeral"
        if not is_mark and token.kind != "numeral":
            break
        at += 1
    return at


def _with_fraction(tokens: Sequence[Token], number: Quantity) -> Quantity:
    """Read `3/4` and `1 3/4`."""
    at = number.end
    if token_at(tokens, at).text == "/" and (denominator := _plain_value(tokens, at + 1)) is not None:
        if token_at(tokens, at).is_spaced != token_at(tokens, at + 1).is_spaced:
            return number
        is_date = token_at(tokens, at + 2).text == "/" and token_at(tokens, at + 3).kind == "numeral"
        if denominator == 0 or is_date or number.value is None:
            return Quantity(None, 0, number.first, at + 2)
        return Quantity(number.value / denominator, 0, number.first, at + 2)
    is_mixed = token_at(tokens, at).kind == "numeral" and token_at(tokens, at + 1).text == "/"
    if not is_mixed or number.decimals or number.value is None:
        return number
    part = _with_fraction(tokens, Quantity(_plain_value(tokens, at), 0, at, at + 1))
    if part.value is None or not 0 < part.value < 1:
        return number
    return Quantity(number.value + part.value, 0, number.first, part.end)


def _plain_value(tokens: Sequence[Token], at: int) -> Fraction | None:
    token = token_at(tokens, at)
    parsed = parse_numeral(token.text) if token.kind == "numeral" else None
    return parsed[0] if parsed else None


def _with_power(tokens: Sequence[Token], number: Quantity) -> Quantity:
    """Read `10^3`. Other powers are expressions."""
    if token_at(tokens, number.end).text != "^":
        return number
    exponent, end = _exponent(tokens, number.end + 1)
    if exponent is None or number.value != 10 or number.end - number.first != 1:
        return Quantity(None, 0, number.first, end)
    return Quantity(Fraction(10) ** exponent, max(0, -exponent), number.first, end)


def _with_power_of_ten(tokens: Sequence[Token], number: Quantity) -> Quantity:
    """Read `2.5 × 10^-3`."""
    is_times = token_at(tokens, number.end).text in ("×", "x", "X", "*")
    if not is_times or token_at(tokens, number.end + 1).text != "10" or token_at(tokens, number.end + 2).text != "^":
        return number
    exponent, end = _exponent(tokens, number.end + 3)
    if exponent is None or number.value is None:
        return Quantity(None, 0, number.first, end)
    return Quantity(number.value * Fraction(10) ** exponent, max(0, number.decimals - exponent), number.first, end)


def _exponent(tokens: Sequence[Token], at: int) -> tuple[int | None, int]:
    """Return the whole number after `^` and the index after it."""
    has_bracket = token_at(tokens, at).text == "("
    at += has_bracket
    is_negative = token_at(tokens, at).text == "-"
    at += token_at(tokens, at).text in ("-", "+")
    value = _plain_value(tokens, at)
    end = min(at + 1 + has_bracket, len(tokens))
    if value is None or value.denominator != 1 or value > MAX_DIGITS:
        return None, end
    return int(-value if is_negative else value), end


def _with_suffix(tokens: Sequence[Token], number: Quantity, *, has_currency: bool) -> Quantity:
    """Read what follows the digits of `5 million`, `2 dozen`, `5k`, `12th`, `3 tenths`, `5 and a half`."""
    token = token_at(tokens, number.end)
    if token.lower in ("st", "nd", "rd", "th") and not token.is_spaced:
        return replace(number, end=number.end + 1)
    number = _with_scales(tokens, number, has_currency=has_currency)
    return _with_parts(tokens, number)


def _with_scales(tokens: Sequence[Token], number: Quantity, *, has_currency: bool = False) -> Quantity:
    while (scale := _scale(tokens, number.end, has_currency=has_currency)) is not None and number.value is not None:
        if _is_too_long(number.value):
            return replace(number, value=None)
        decimals = max(0, number.decimals - len(str(scale)) + 1)
        number = replace(number, value=number.value * scale, decimals=decimals, end=number.end + 1)
        if tokens[number.end - 1].text in words.GLUED_SCALES:
            number = _with_rest(tokens, number, scale)
    return number


def _with_rest(tokens: Sequence[Token], number: Quantity, scale: int) -> Quantity:
    """Read the rest of `3万5千`, which is less than the scale before it."""
    at = number.end
    value = None if token_at(tokens, at).is_spaced else _plain_value(tokens, at)
    if value is None or number.value is None:
        return number
    rest = _with_scales(tokens, Quantity(value, 0, at, at + 1))
    if rest.value is None or rest.value >= scale:
        return number
    return replace(number, value=number.value + rest.value, decimals=0, end=rest.end)


def _scale(tokens: Sequence[Token], at: int, *, has_currency: bool) -> int | None:
    token = token_at(tokens, at)
    if token.kind != "word":
        return None
    if token.text == "K":
        return None if token.is_spaced and not has_currency else 1000
    if token.text == "M" and not token.is_spaced:
        return 10**6
    if has_currency and token.lower in words.MONEY_SCALES and token_at(tokens, at + 1).text != "$":
        return words.MONEY_SCALES[token.lower]
    return words.SCALES.get(token.lower)


def _with_parts(tokens: Sequence[Token], number: Quantity) -> Quantity:
    """Read `3 tenths`, `5 and a half`, `2 and 1/2`."""
    at = number.end
    if number.value is None:
        return number
    end = at + 1 + (token_at(tokens, at).text == "-")
    part = token_at(tokens, end - 1)
    if part.lower in words.FRACTIONS and part.lower not in ("second", "seconds") and number.value.denominator == 1:
        if part.lower in ("quarters", "halves") and (number.style == "digits" or number.value > 3):
            is_unit = number.value > 3 and part.lower == "quarters"
            return number if is_unit else replace(number, value=None, end=end)  # parts, or coins and periods
        if part.lower.endswith("s") != (number.value == 1):
            return replace(number, value=number.value / words.FRACTIONS[part.lower], decimals=0, end=end, style="words")
    elif token_at(tokens, at).lower == "and" and number.value.denominator == 1:
        rest = _fraction_after_and(tokens, at + 1)
        if rest is not None and rest.value is not None and 0 < rest.value < 1:
            return replace(number, value=number.value + rest.value, end=rest.end)
    return number


def _fraction_after_and(tokens: Sequence[Token], at: int) -> Quantity | None:
    """Return the fraction in "5 and a half", "2 and three quarters", "2 and 1/2"."""
    token = token_at(tokens, at)
    if token.kind == "numeral" and token_at(tokens, at + 1).text == "/":
        return _with_fraction(tokens, Quantity(_plain_value(tokens, at), 0, at, at + 1))
    count = 1 if token.lower in ("a", "an") else words.UNITS.get(token.lower)
    part = words.FRACTIONS.get(token_at(tokens, at + (count is not None)).lower)
    if part is None or (count is None and part != 2):
        return None
    return Quantity(Fraction(1 if count is None else count, part), 0, at, at + 1 + (count is not None))


def _without_neighbours(tokens: Sequence[Token], number: Quantity) -> Quantity:
    """Return a quantity without a value where the next token makes the number a part of something else."""
    token, following = token_at(tokens, number.end), token_at(tokens, number.end + 1)
    is_glued = not token.is_spaced
    is_variable = token.kind == "word" and len(token.text) == 1 and token.text.isascii() and is_glued
    is_operator = token.text in ("x", "X") and following.kind == "numeral"
    if (
        (is_variable and token.text not in words.UNIT_LETTERS and not is_operator)
        or token.text in ("√", "_")
        or (token.text in (":", "/") and following.kind == "numeral" and is_glued and not following.is_spaced)
        or (
            token.text == "("
            and is_glued
            and (following.kind == "numeral" or (following.kind == "word" and len(following.text) == 1))
        )
        or (is_glued and token.text + following.text in (".√", ",,"))
        or token.text in ("^", "M")
        or (token.kind == "numeral" and is_glued)
        or token.lower in ("squared", "cubed", "factorial", "mil", "kk")
    ):
        return Quantity(None, 0, number.first, _end_of_digits(tokens, number.end))
    return number


def _spelled(tokens: Sequence[Token], at: int) -> Quantity | None:
    """Read a number in words."""
    first, token = at, token_at(tokens, at)
    if token.kind != "word":
        return None
    following = token_at(tokens, at + 1).lower
    if token.lower in ("a", "an") and following in words.FRACTIONS:
        number = _with_parts(tokens, Quantity(Fraction(1), 0, first, at + 1, style="words"))
        return _with_scales(tokens, number)
    if token.lower in ("half", "quarter"):
        before = token_at(tokens, at - 1).lower
        if before in words.ORDINALS or before in ("other", "each", "per", "last"):
            return None  # a period or a side
        at += 1 + (token_at(tokens, at + 1).lower in ("a", "an") and token_at(tokens, at + 2).lower in words.SCALES)
        return _with_scales(tokens, Quantity(Fraction(1, words.FRACTIONS[token.lower]), 0, first, at, style="words"))
    value, end = _cardinal(tokens, at)
    if value is None and (foreign_number := _foreign(tokens, at)) is not None:
        return foreign_number
    if value is None:
        ordinal = words.ORDINALS.get(token.lower, words.TIMES.get(token.lower))
        return Quantity(Fraction(ordinal), 0, first, at + 1, style="ordinal") if ordinal is not None else None
    if token_at(tokens, end - 1).lower in words.ORDINALS:
        return Quantity(Fraction(value), 0, first, end, style="ordinal")
    return _with_parts(tokens, _with_point(tokens, Quantity(Fraction(value), 0, first, end, style="words")))


def _cardinal(tokens: Sequence[Token], at: int) -> tuple[int | None, int]:
    """Return the whole number in words at an index, and the index after it."""
    total, group, lowest, end = 0, 0, 100, at
    if token_at(tokens, at).lower in ("a", "an", "one") and token_at(tokens, at + 1).lower in _LARGE:
        group, end = 1, at + 1
    elif token_at(tokens, at).lower in ("hundred", "thousand", "million", "dozen"):
        group = 1
    is_number = False
    while True:
        at = end
        if is_number:
            at += token_at(tokens, at).text == "-" and not token_at(tokens, at).is_spaced
            at += token_at(tokens, at).lower == "and" and lowest == 100
        word = token_at(tokens, at).lower
        is_ordinal = is_number and word in words.ORDINALS and (lowest == 10 or token_at(tokens, at - 1).lower == "and")
        below_hundred = words.TENS.get(word, words.UNITS.get(word, words.ORDINALS[word] if is_ordinal else None))
        if below_hundred is not None and below_hundred < lowest:
            group, lowest = group + below_hundred, 10 if word in words.TENS else 0
        elif word == "hundred" and 0 < group < 100:
            group, lowest = group * 100, 100
        elif word in _LARGE and group:
            total, group, lowest = total + group * words.SCALES[word], 0, 100
        else:
            break
        is_number, end = True, at + 1
        if is_ordinal:
            break
    return (total + group if is_number else None), end


def _foreign(tokens: Sequence[Token], first: int) -> Quantity | None:
    """Read a number in words of another language; without a value beside words for hundreds and thousands."""
    number, phrase, at = None, "", first
    while at < first + 2 * foreign.MAX_WORDS and token_at(tokens, at).kind == "word":
        phrase += f"{' ' * (at > first)}{tokens[at].lower}"
        at += 1
        if (value := foreign.NUMBERS.get(phrase)) is not None:
            number = Quantity(Fraction(value), 0, first, at, style="words")
        at += token_at(tokens, at).text == "-" and not token_at(tokens, at).is_spaced
    if number is None:
        return None
    number = _with_scales(tokens, number)
    beside = (token_at(tokens, first - 1).lower, token_at(tokens, number.end).lower)
    is_part = any(word in foreign.FIRST_WORDS or word.endswith(foreign.HUNDREDS) for word in beside)
    return replace(number, value=None) if is_part else number


def _with_point(tokens: Sequence[Token], number: Quantity) -> Quantity:
    """Read the decimals of `three point five`."""
    if token_at(tokens, number.end).lower != "point":
        return number
    digits, end = "", number.end + 1
    while (digit := words.UNITS.get(token_at(tokens, end).lower, 10)) < 10:
        digits, end = digits + str(digit), end + 1
    if not digits or number.value is None or len(digits) > MAX_DIGITS:
        return number
    return replace(number, value=number.value + Fraction(int(digits), 10 ** len(digits)), decimals=len(digits), end=end)
