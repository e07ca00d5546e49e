"""Number: the answer is one number."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from orca_local.kinds.base import AnswerKind, number_as_text
from orca_local.kinds.model_text import remove_markup, remove_prompt_sentences
from orca_local.kinds.number_reader import last_number, parse_number, stated_number
from orca_local.kinds.question import Question

_NUMBER = re.compile(r"[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?:/\d*[1-9]\d*)?")


class Number(AnswerKind):
    """A number in any notation: `1,234`, `$3.50`, `3/4`, `5 × 10^3`."""

    name = "number"
    format_line = 'End with a line "Answer: N", where N is the number alone.'
    scorer = "number"
    expected = "a number"

    def parse_reference(self, value: Any) -> str | None:
        """Return the number as text, without thousands separators."""
        text = value.strip() if isinstance(value, str) else ""
        return text.replace(",", "") if _NUMBER.fullmatch(text) else number_as_text(value)

    def read_whole(self, content: str, question: Question) -> str | None:
        """Return the number in plain decimal form."""
        return stated_number(remove_markup(f": {content}"))

    def read_text(self, text: str, question: Question) -> str | None:
        """Return the last result in the text; sentences of the prompt hold numbers, so they do not count."""
        return last_number(remove_prompt_sentences(remove_markup(text), question.prompt))

    def compare(self, answer: str, reference: str) -> float:
        """Return 1.0 if `answer` rounds to the reference at the decimals that the reference has, else 0.0.

        Whole numbers must be equal. Fractions may differ by a relative 1e-9, the precision of an extracted answer.
        """
        a, b = parse_number(answer), parse_number(reference)
        if a is None or b is None:
            return 0.0
        decimals = re.search(r"\.(\d+)\W*$", reference.strip())
        tolerance = Fraction(1, 2 * 10 ** len(decimals[1])) if decimals else abs(b) / 10**9 if b.denominator != 1 else 0
        return float(abs(a - b) <= tolerance)
