"""Boolean: the answer is yes or no, or true or false."""

from __future__ import annotations

import re
from typing import Any

from orca_local.kinds.base import AnswerKind
from orca_local.kinds.model_text import remove_markup, remove_prompt_sentences
from orca_local.kinds.question import Question

_VALUES = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
_OPPOSITE = {"yes": "no", "no": "yes"}
_ALTERNATIVES = re.compile(
    r"[\"'“]?\b(?:yes|no|true|false)\b[\"'”]?\s*(?:/|,?\s*\b(?:or|nor)\b)\s*(?:answer:\s*)?[\"'“]?(?:yes|no|true|false)\b[\"'”]?",
    re.IGNORECASE,
)
_START = re.compile(
    r"\W*(?:(yes|true|false)\b|(no)\b(?!\s+(?:one|more|longer|matter|doubt|way|such|other|information|evidence|need)\b))",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"(?:^|[.!?:;,(\"“'-]\s*|\b(?:is|are|was|so|hence|thus|therefore|indeed|say|answer)\s+)(?P<not>not\s+)?[\"“']?"
    r"(?P<word>yes|no|true|false)(?=[\"”']?\s*(?:[.,;:!?)\"”']|-\s|$))",
    re.IGNORECASE | re.MULTILINE,
)


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

    def read_whole(self, content: str, question: Question) -> str | None:
        """Return `yes` or `no`."""
        return _stated_value(remove_markup(content))

    def read_text(self, text: str, question: Question) -> str | None:
        """Return `yes` or `no`, not counting sentences of the prompt: one may hold a yes."""
        return _last_value(remove_prompt_sentences(remove_markup(text), question.prompt))

    def compare(self, answer: str, reference: str) -> float:
        """Return 1.0 for the value of the reference, else 0.0."""
        return float((answer == "yes") == (reference.strip().lower() in ("yes", "true")))

    def answer_line(self, reference: str) -> str:
        """Return the reference as `Answer: yes` or `Answer: no`."""
        return super().answer_line(self.read_strict(super().answer_line(reference)) or reference)


def _stated_value(statement: str) -> str | None:
    statement = _ALTERNATIVES.sub(" ", statement)
    start = _START.match(statement)
    return _VALUES[(start[1] or start[2]).lower()] if start else _last_value(statement)


def _last_value(text: str) -> str | None:
    """Return the last yes, no, true or false that is a statement of its own, not a word of a sentence."""
    text = _ALTERNATIVES.sub(" ", text).strip()
    if clauses := list(_CLAUSE.finditer(text)):
        value = _VALUES[clauses[-1]["word"].lower()]
        return _OPPOSITE[value] if clauses[-1]["not"] else value
    start = re.match(r"\W*(?:(yes|true|false)\b|(no)\s+(?:it|he|she|they|there|this|that|i|we)\b)", text, re.IGNORECASE)
    return _VALUES[(start[1] or start[2]).lower()] if start else None
