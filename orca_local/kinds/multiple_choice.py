"""Multiple choice: the prompt shows lettered options, the answer is a letter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from orca_local.kinds.base import AnswerKind
from orca_local.kinds.model_text import remove_markup
from orca_local.kinds.option_reader import (
    answer_letters,
    chosen_option,
    displayed_letters,
    parse_options,
    stated_option,
)
from orca_local.kinds.question import Question


class MultipleChoice(AnswerKind):
    """The letter of an option. An answer may name the option by its letter or by its text."""

    name = "multiple_choice"
    format_line = 'End with a line "Answer: X", where X is the letter of the right option.'
    scorer = "multiple_choice"
    expected = "a letter"

    def parse_reference(self, value: Any) -> str | None:
        """Return the letter in upper case; `(b)` and `b.` are valid too."""
        letter = value.strip().strip("()[].: ").upper() if isinstance(value, str) else ""
        return letter if re.fullmatch("[A-Z]", letter) else None

    def check_reference(self, reference: str, prompt: str, labels: Sequence[str]) -> str:
        """Return what is wrong with the letter: it is not an option of the prompt, or not a label."""
        if prompt and reference not in (letters := displayed_letters(prompt)):
            options = ", ".join(sorted(letters)) or "none, such as (A)"
            return f"the answer {reference!r} is not among the options of the prompt: {options}"
        return super().check_reference(reference, prompt, labels)

    def read_whole(self, content: str, question: Question) -> str | None:
        """Return the letter of the option that a statement names."""
        options = parse_options(question.prompt)
        return stated_option(remove_markup(content), options, answer_letters(options, question.labels))

    def read_text(self, text: str, question: Question) -> str | None:
        """Return the letter of the option that the text chooses."""
        options = parse_options(question.prompt)
        return chosen_option(remove_markup(text), options, answer_letters(options, question.labels))

    def compare(self, answer: str, reference: str) -> float:
        """Return 1.0 for the letter of the reference, else 0.0."""
        return float(answer == re.sub(r"[\W_]", "", reference).upper())
