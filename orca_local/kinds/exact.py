"""Exact: the answer is a given text, or one of the task's labels."""

from __future__ import annotations

from typing import Any

from orca_local.domain.text import fold
from orca_local.kinds.base import AnswerKind, number_as_text
from orca_local.kinds.model_text import remove_markup
from orca_local.kinds.phrase import lone_phrase, stated_phrase
from orca_local.kinds.question import Question
from orca_local.kinds.word_match import find_name


class Exact(AnswerKind):
    """A text that must be the reference, apart from case, punctuation and articles."""

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
        """Return the label that the statement names or, without labels, a short phrase."""
        content = remove_markup(content)
        if not question.labels:
            return stated_phrase(content)
        return find_name(content, {label: label for label in question.labels})

    def read_text(self, text: str, question: Question) -> str | None:
        """Return the label that the text names or, without labels, a short phrase."""
        text = remove_markup(text)
        return find_name(text, {label: label for label in question.labels}) if question.labels else lone_phrase(text)

    def compare(self, answer: str, reference: str) -> float:
        """Return 1.0 if the two match, else 0.0; see `fold`."""
        return float(fold(answer) == fold(reference))
