"""Exact: the answer is a given text, or one of the task's labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orca_local.kinds.base import AnswerKind, number_as_text
from orca_local.kinds.phrase import lone_phrase, stated_phrase
from orca_local.kinds.similarity import exact_match
from orca_local.kinds.statement import find_answer
from orca_local.kinds.word_match import find_name


class Exact(AnswerKind):
    """A text that must be the reference, apart from case, punctuation and articles."""

    name = "exact"
    format_line = 'End with a line "Answer: " and then the answer alone.'
    scorer = "exact_match"
    expected = "a text or a list of texts"
    accepts_list = True

    def parse_reference(self, value: Any) -> str | None:
        """Return the text; a number is valid too."""
        return number_as_text(value) or super().parse_reference(value)

    def extract(self, text: str, prompt: str, labels: Sequence[str]) -> str | None:
        """Return the label that the text names or, without labels, a short phrase."""
        if not labels:
            return find_answer(text, stated_phrase, lone_phrase)
        names = {label: label for label in labels}
        return find_answer(text, lambda statement: find_name(statement, names), lambda whole: find_name(whole, names))

    def compare(self, answer: str, reference: str) -> float:
        """Return 1.0 if the two match, else 0.0; see `exact_match`."""
        return exact_match(answer, reference)
