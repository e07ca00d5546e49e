"""Span: the answer is a piece of text, of which several forms may be right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orca_local.kinds.base import AnswerKind, number_as_text
from orca_local.kinds.phrase import lone_phrase, stated_phrase
from orca_local.kinds.similarity import token_f1
from orca_local.kinds.statement import find_answer

_MAX_WORDS = 30
"""A span may be a whole sentence of the prompt."""


class Span(AnswerKind):
    """A piece of text, scored by the words that it shares with the reference."""

    name = "span"
    format_line = 'End with a line "Answer: " and then the answer in as few words as possible.'
    scorer = "token_f1"
    expected = "a text or a list of texts"
    accepts_list = True
    threshold = 0.5

    def parse_reference(self, value: Any) -> str | None:
        """Return the text; a number is valid too."""
        return number_as_text(value) or super().parse_reference(value)

    def extract(self, text: str, prompt: str, labels: Sequence[str]) -> str | None:
        """Return the phrase that the text states, or a text of one line."""
        return find_answer(text, stated_phrase, lambda whole: lone_phrase(whole, _MAX_WORDS))

    def compare(self, answer: str, reference: str) -> float:
        """Return the F1 of the words; see `token_f1`."""
        return token_f1(answer, reference)
