"""Exact: the answer is a given text, or one of the task's labels."""

from __future__ import annotations

from typing import Any

from orca_local.domain.text import fold
from orca_local.kinds.base import AnswerKind, number_as_text
from orca_local.kinds.question import Question
from orca_local.kinds.reading.gap import is_restatement, phrase_of_restatement
from orca_local.kinds.reading.label_reader import stated_label, text_label, whole_label
from orca_local.kinds.reading.phrase import lone_phrase, phrase_in_statement, stated_phrase, written_phrase


class Exact(AnswerKind):
    """A text that must be the reference, apart from case, spaces and the form of Unicode characters."""

    name = "exact"
    format_line = 'End with a line "Answer: " and then the answer alone.'
    scorer = "exact_match"
    expected = "a text or a list of texts"
    accepts_list = True
    is_text = True

    def parse_reference(self, value: Any) -> str | None:
        """Return the text; a number is valid too."""
        return number_as_text(value) or super().parse_reference(value)

    def read_whole(self, content: str, question: Question) -> str | None:
        """Return the label that the statement is or, without labels, the statement if it is a bare phrase."""
        if question.labels:
            return whole_label(content, question.labels)
        if is_restatement(content, question.prompt):
            return phrase_of_restatement(content, question.prompt)
        phrase = written_phrase(content)
        return phrase if phrase == stated_phrase(content) else None

    def read_statement(self, content: str, question: Question) -> str | None:
        """Return the label that the statement settles on or, without labels, the phrase that it states."""
        return (
            stated_label(content, question.labels) if question.labels else phrase_in_statement(content, question.prompt)
        )

    def read_text(self, text: str, question: Question) -> str | None:
        """Return the label that the text settles on or, without labels, its short phrase."""
        return (
            text_label(text, question.labels, question.prompt)
            if question.labels
            else lone_phrase(text, question.prompt)
        )

    def compare(self, answer: str, reference: str) -> float:
        """Return 1.0 if the two match, else 0.0; see `fold`."""
        return float(fold(answer) == fold(reference))
