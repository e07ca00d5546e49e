r"""Read numbers as models write them: `1,234`, `$3.50`, `−7`, `3/4`, `1 1/2`, `\frac{1}{2}`, `5 × 10^3`."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

_NUMBER = re.compile(
    r"""
    (?<![\w^])(?<!\d[.,:/])(?<![\w^]-)           # not part of a word, a date, a time, a range, a power
    (?P<sign>[-+]\s?)?[$€£¥₹]?\s?(?P<minus>-)?
    (?:(?P<whole>\d+)\s+(?=\d+\s?/\s?\d))?       # 1 1/2
    (?P<value>(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d+)(?:\.\d+)?|\.\d+)
    (?:[eE](?P<exponent>[+-]?\d{1,3})|\s?[×x]\s?10\s?\^\s?(?P<power>[+-]?\d{1,3}))?
    (?:\s?/\s?(?P<denominator>\d+(?:\.\d+)?))?
    (?![\d^]|[.,:/-]\d)
    """,
    re.VERBOSE,
)
_OPERATOR = re.compile(r"[^\S\n]*(?:[+×x÷]|-(?=[^\S\n])|plus\b|minus\b|times\b|divided\b)[^\S\n]*[$€£¥₹(]*\d")
_OPERAND = re.compile(r"\d\)?[^\S\n]*(?:[+×x÷]|-|plus|minus|times|divided by)[^\S\n]*[$€£¥₹(]*$")
_UNFINISHED = re.compile(r"\s*(?:[+×x÷*=-]|plus|minus|divided by)[\s$€£¥₹(]*\Z")
_ENUMERATION = re.compile(r"^[^\S\n]*(?:step\s+)?\d{1,2}[.):](?=\s|$)", re.IGNORECASE | re.MULTILINE)
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?!\d|[ ,.]\d)")
_RESULT = re.compile(r"=|≈|\b(?:is|gives|equals|makes|leaves)\b")
_CONCLUSION = re.compile(r"\b(?:so|therefore|thus|hence|in total|altogether)\b", re.IGNORECASE)

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SPELLED = {word: n for n, word in enumerate(_SMALL)} | {word: 10 * n for n, word in enumerate(_TENS, start=2)}
_UNREAD_WORDS = frozenset(("hundred", "thousand", "million", "half", "third", "thirds", "quarters", "percent"))
_MAX_DIGITS = 300
"""A model that repeats itself writes longer numbers; they are not read."""


def stated_number(statement: str) -> str | None:
    """Return the number of an answer statement, in plain decimal form.

    The number after the last `=` comes first, then a number at the start, then the last number. An operation without
    a result, such as "5 + 3", is not an answer.
    """
    part = _SPACED.sub(lambda match: match[0].replace(" ", ""), _plain_notation(statement))
    if "=" in part and (after := _values(part.rpartition("=")[2])):
        return after[0][1]
    values = _values(part)
    if not values:
        return _spelled_number(part)
    first, number = values[0]
    if _OPERATOR.match(part, first.end()):
        result = _RESULT.search(part, first.end())
        after = _values(part[result.end() :]) if result else []
        return after[0][1] if after else None
    before = len(part[: first.start()].split())
    conclusion = _CONCLUSION.search(part, first.end()) if before else None
    if conclusion and (after := _values(part[conclusion.end() :])):
        return after[0][1]
    return number if before <= 3 else values[-1][1]


def last_number(text: str) -> str | None:
    """Return the last result in a text: the number after the last `=` of the last sentence with a number, else the last
    number.

    None if that is an operand of an operation without a result.
    """
    text = _plain_notation(text)
    if re.search(r"^\s*(?:step\s+)?1[.):]\s", text, re.IGNORECASE | re.MULTILINE):
        text = _ENUMERATION.sub(" ", text)
    values = _values(text)
    if not values:
        return None
    match, number = values[-1]
    # In "12 x 10 = 120 pages in 3 hours" the last number is not the result.
    line = text.rfind("\n", 0, match.start()) + 1
    sentence = max(line, text.rfind(". ", 0, match.start()) + 1)
    equals = text.rfind("=", sentence, match.start())
    after = [(later, value) for later, value in values if later.start() >= equals] if equals >= 0 else []
    match, number = after[0] if after and not _OPERATOR.match(text, after[0][0].end()) else (match, number)
    operand = _OPERAND.search(text[: match.start()] + (match["sign"] or "")) or _UNFINISHED.match(text, match.end())
    return None if operand else number


def parse_number(text: str) -> Fraction | None:
    """Return the exact value of the first number in a text; None if there is none."""
    values = _values(_plain_notation(text))
    return Fraction(values[0][1]) if values else None


def _plain_notation(text: str) -> str:
    r"""Return the text with LaTeX and Unicode numbers in ASCII: `\frac{1}{2}`, `½`, `10^{3}`."""
    if re.search(r"[\\^°]", text):  # most texts hold none of these, and every substitution takes time
        text = re.sub(r"\\[dt]?frac\s*\{\s*(-?[\d.,]+)\s*\}\s*\{\s*([\d.,]+)\s*\}", r" \1/\2", text)
        text = re.sub(r"\\[dt]?frac\s*(\d)\s*(\d)", r" \1/\2", text)
        text = re.sub(r"\\(?:times|cdot)\b", "×", text).replace("\\div", "÷")
        text = re.sub(r"\^\s*\{?\s*\\circ\s*\}?|°", "", text)
        text = re.sub(r"\\sqrt\s*(?:\{[^{}]*\}|\d+)", " ", text)
        text = re.sub(r"\^\s*\{([^{}]*)\}", r"^\1", text)
    return re.sub("[¼-¾⅐-⅞]", lambda match: " " + unicodedata.normalize("NFKC", match[0]).replace("\u2044", "/"), text)


def _values(text: str) -> list[tuple[re.Match[str], str]]:
    return [(match, number) for match in _NUMBER.finditer(text) if (number := _value(match)) is not None]


def _value(match: re.Match[str]) -> str | None:
    if len(match[0]) > _MAX_DIGITS:
        return None
    value = Fraction(match["value"].replace(",", ""))
    exponent = int(match["exponent"] or match["power"] or 0)
    if abs(exponent) > _MAX_DIGITS:
        return None
    if exponent:
        value *= Fraction(10) ** exponent
    if match["denominator"]:
        denominator = Fraction(match["denominator"])
        if denominator == 0:
            return None
        value /= denominator
    if match["whole"]:
        value += int(match["whole"])
    return _decimal(-value if _is_negative(match) else value)


def _is_negative(match: re.Match[str]) -> bool:
    """Whether the minus is a sign. In "7 - 3" and "x - 3" it is an operator."""
    sign = match["sign"] or ""
    if not sign.startswith("-"):
        return bool(match["minus"])
    before = match.string[: match.start()].rstrip()[-1:]
    return not before.isdigit() and before != ")" if sign == "-" else before in ("", ":", "=", "(", ",", "\n")


def _decimal(value: Fraction) -> str | None:
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.12g}" if abs(value) < 10**_MAX_DIGITS else None


def _spelled_number(part: str) -> str | None:
    """Return the number that is spelled out at the start of a statement: "three dollars", "twenty-five"."""
    words = re.findall(r"[a-z]+", part.lower().partition(".")[0])
    for at, word in enumerate(words[:4]):
        number = _SPELLED.get(word)
        following = words[at + 1 : at + 2]
        if number is None or following == ["of"]:
            continue
        if _UNREAD_WORDS & set(words):
            return None
        # In a sentence "one" is more often a pronoun than a number.
        if word == "one" and len(words) > 2:
            continue
        if number >= 20 and following and _SPELLED.get(following[0], 10) < 10:
            number += _SPELLED[following[0]]
        return str(number)
    return None
