"""Number: the answer is one number."""

from __future__ import annotations

import re
from collections.abc import Hashable
from fractions import Fraction
from math import floor
from typing import Any

from orca_local.kinds.base import AnswerKind, number_as_text
from orca_local.kinds.numbers.phrase import read_bare_number, read_whole_number
from orca_local.kinds.numbers.reader import read_restated_number, read_statement_number, read_text_number
from orca_local.kinds.numbers.value import Quantity, decimal_text, has_finite_decimals, reference_text
from orca_local.kinds.question import Question
from orca_local.kinds.reading.asked import question_of
from orca_local.kinds.reading.gap import is_restatement
from orca_local.kinds.verdict import Verdict

_MIN_DIGITS = 3
"""Number of decimals, and of significant digits, that a rounded answer to a reference such as `1/3` must have."""
_SCALE_QUESTION = re.compile(
    r"\b(?:how\s+many|in)\s+(?P<scale>dozen|hundred|thousand|million|billion)s?\b", re.IGNORECASE
)
_THERE_ARE = re.compile(r"\s*there\s+(?:is|are|will\s+be)\s", re.IGNORECASE)
_RELATIVE_ERROR = Fraction(1, 10**9)
_PLAIN = re.compile(r"(?:-?[1-9]\d{0,14}|0)(?:\.\d{1,9})?", re.ASCII)
"""A number in the form of `parse_reference`."""


class Number(AnswerKind):
    """A number in any notation: `1,234`, `$3.50`, `3/4`, `5 × 10^3`, "forty-two"."""

    name = "number"
    format_line = 'End with a line "Answer: N", where N is the number alone.'
    placeholder = "N"
    scorer = "number"
    expected = "a number"

    def parse_reference(self, value: Any) -> str | None:
        """Return the number in plain decimal form with the decimals as written, or as a fraction such as `1/3`."""
        if isinstance(value, str) and _PLAIN.fullmatch(value):
            return value
        number = read_bare_number(value if isinstance(value, str) else number_as_text(value) or "")
        text = reference_text(number) if number is not None else None
        return text if text is not None and read_bare_number(text) is not None else None

    def is_plain(self, reference: str) -> bool:
        """Whether the reference is a number in plain digits."""
        return _PLAIN.fullmatch(reference) is not None

    def identity(self, reference: str) -> Hashable:
        """Return the value: `1` and `1.0` are one answer."""
        number = read_whole_number(reference)
        return super().identity(reference) if number is None or number.value is None else number.value

    def read_whole(self, content: str, question: Question) -> str | None:
        """Return the number that all of `content` is, or the only one in a restated question, in plain decimal form."""
        content = _without_asked_scale(content, question.prompt)
        number = read_whole_number(content)
        if number is None and (is_restatement(content, question.prompt) or _THERE_ARE.match(content)):
            number = read_restated_number(content, question.prompt)
        return _text(number)

    def read_statement(self, content: str, question: Question) -> str | None:
        """Return the number that a statement gives, in plain decimal form."""
        content = _without_asked_scale(content, question.prompt)
        return _text(read_statement_number(content, question.prompt))

    def read_text(self, text: str, question: Question) -> str | None:
        """Return the number that a whole reply gives, in plain decimal form."""
        text = _without_asked_scale(text, question.prompt)
        return _text(read_text_number(text, question.prompt))

    def compare(self, answer: str, reference: str) -> float:
        """Return 1.0 if an answer has the value of the reference as far as the reference gives it, else 0.0.

        A whole number must be equal. For a reference with decimals, the answer rounded to as many decimals must be
        equal; exact halves are rounded away from zero, so `3.14` takes 3.135 ≤ answer < 3.145 and `-3.14` takes
        -3.145 < answer ≤ -3.135. A fraction without finite decimals, such as `1/3`, takes a relative error of 1e-9,
        and its own value rounded to the decimals of the answer, if there are at least three.
        """
        a, b = read_whole_number(answer), read_whole_number(reference)
        return float(a is not None and b is not None and _has_value(a, b))

    def verdict(self, answer: str, reference: str) -> Verdict:
        """Return `equal` for the same number in the same writing, `equal_value` for one in another writing."""
        if answer == reference:
            return Verdict.EQUAL
        return Verdict.EQUAL_VALUE if self.compare(answer, reference) else Verdict.DIFFERENT


def _without_asked_scale(text: str, prompt: str) -> str:
    """Return a text without "dozen" after its numbers if the question asks how many dozen."""
    asked = _SCALE_QUESTION.search(question_of(prompt))
    return re.sub(rf"(?<=\d)\s?{asked['scale']}s?\b", "", text, flags=re.IGNORECASE) if asked else text


def _text(number: Quantity | None) -> str | None:
    return decimal_text(number.value) if number is not None and number.value is not None else None


def _has_value(answer: Quantity, reference: Quantity) -> bool:
    a, b = answer.value, reference.value
    if a is None or b is None or a == b:
        return a == b
    if reference.decimals:
        return _round(a, reference.decimals) == b
    if has_finite_decimals(b):
        return False
    significant = len(str(abs(a.numerator) * 10**answer.decimals // a.denominator))
    is_rounded = min(answer.decimals, significant) >= _MIN_DIGITS and _round(b, answer.decimals) == a
    return is_rounded or abs(a - b) <= abs(b) * _RELATIVE_ERROR


def _round(value: Fraction, decimals: int) -> Fraction:
    """Return a number rounded to so many decimals, exact halves away from zero."""
    units = floor(abs(value) * 10**decimals + Fraction(1, 2))
    return Fraction(units if value >= 0 else -units, 10**decimals)
