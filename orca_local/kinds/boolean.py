"""Boolean: the answer is yes or no, or true or false."""

from __future__ import annotations

import re
from typing import Any

from orca_local.kinds.base import AnswerKind
from orca_local.kinds.question import Question
from orca_local.kinds.reading.boolean_reader import stated_value, text_value, whole_value
from orca_local.kinds.verdict import Verdict

_VALUES = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}


class Boolean(AnswerKind):
    """Yes or no. True counts as yes, false as no."""

    name = "boolean"
    format_line = 'End with a line "Answer: yes" or "Answer: no".'
    scorer = "boolean"
    expected = "yes, no, true or false"

    def parse_reference(self, value: Any) -> str | None:
        """Return `yes` or `no`; JSON's true and false are valid too."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        return _VALUES.get(value.strip().lower()) if isinstance(value, str) else None

    def is_plain(self, reference: str) -> bool:
        """Whether the reference is `yes` or `no`."""
        return reference in ("yes", "no")

    def read_whole(self, content: str, question: Question) -> str | None:
        """Return `yes` or `no` if the statement is nothing else."""
        # In "!true" and "~~yes~~" the signs turn or strike out the value.
        return None if re.match(r"\s*[!~¬-]\s*\w|\s*~~", content) else whole_value(content)

    def read_statement(self, content: str, question: Question) -> str | None:
        """Return `yes` or `no` as the statement says it."""
        return stated_value(content, question.prompt)

    def read_text(self, text: str, question: Question) -> str | None:
        """Return `yes` or `no` as the text says it, also by repeating the question as a statement."""
        return text_value(text, question.prompt)

    def compare(self, answer: str, reference: str) -> float:
        """Return 1.0 for the value of the reference, else 0.0."""
        value = _VALUES.get(answer.strip().lower())
        return float(value is not None and value == _VALUES.get(reference.strip().lower()))

    def verdict(self, answer: str, reference: str) -> Verdict:
        """Return `same_label` for the value of the reference."""
        return Verdict.SAME_LABEL if self.compare(answer, reference) else Verdict.DIFFERENT

    def answer_line(self, reference: str) -> str:
        """Return the reference as `Answer: yes` or `Answer: no`."""
        return super().answer_line(_VALUES.get(reference.strip().lower(), reference))
