"""Multiple choice: the prompt shows marked options, the answer is the mark of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from orca_local.kinds.base import AnswerKind
from orca_local.kinds.question import Question
from orca_local.kinds.reading.option_list import shown_marks
from orca_local.kinds.reading.option_reader import stated_option, text_option, whole_option
from orca_local.kinds.reading.options import options_of
from orca_local.kinds.verdict import Verdict


class MultipleChoice(AnswerKind):
    """The mark of an option: its letter, or its number. An answer may name the option by its mark or by its text."""

    name = "multiple_choice"
    format_line = 'End with a line "Answer: X", where X is the letter of the right option.'
    placeholder = "X"
    scorer = "multiple_choice"
    expected = "a letter"

    def parse_reference(self, value: Any) -> str | None:
        """Return the letter in upper case, or the number; `(b)` and `b.` are valid too."""
        mark = _bare(str(value)) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        return mark if re.fullmatch(r"[A-Z]|[1-9]\d?", mark) else None

    def check_reference(self, reference: str, prompt: str, labels: Sequence[str]) -> str:
        """Return what is wrong with the mark: it is not an option of the prompt, or not a label."""
        if prompt and reference not in labels and reference not in (marks := shown_marks(prompt)):
            shown = ", ".join(marks) or "none, such as (A)"
            return f"the answer {reference!r} is not among the options of the prompt: {shown}"
        return super().check_reference(reference, prompt, labels)

    def read_whole(self, content: str, question: Question) -> str | None:
        """Return the mark of the option that the statement is."""
        return whole_option(content, options_of(question.prompt, question.labels))

    def read_statement(self, content: str, question: Question) -> str | None:
        """Return the mark of the option that the statement settles on."""
        return stated_option(content, options_of(question.prompt, question.labels))

    def read_text(self, text: str, question: Question) -> str | None:
        """Return the mark of the option that the text settles on."""
        return text_option(text, options_of(question.prompt, question.labels), question.prompt)

    def compare(self, answer: str, reference: str) -> float:
        """Return 1.0 for the mark of the reference, else 0.0."""
        return float(_bare(answer) == _bare(reference))

    def verdict(self, answer: str, reference: str) -> Verdict:
        """Return `same_label` for the mark of the reference."""
        return Verdict.SAME_LABEL if self.compare(answer, reference) else Verdict.DIFFERENT


def _bare(mark: str) -> str:
    return mark.strip().strip("()[]{}.: ").upper()
