"""Span: the answer is a piece of text, of which several forms may be right."""

from __future__ import annotations

import json
import re
from typing import Any

from orca_local.domain.text import printable
from orca_local.kinds.base import AnswerKind, number_as_text
from orca_local.kinds.question import Question
from orca_local.kinds.reading.gap import is_restatement, phrase_of_restatement
from orca_local.kinds.reading.phrase import has_remark, lone_phrase, phrase_in_statement, written_phrase
from orca_local.kinds.reading.similarity import is_negated, numbers, span_words, symbols, word_f1
from orca_local.kinds.reading.statement import find_sentences, is_refusal, split_corrections
from orca_local.kinds.reading.wrapping import sentences
from orca_local.kinds.verdict import Verdict

_MAX_WORDS = 30
"""A span may be a whole sentence of the prompt."""
_THRESHOLD = 0.5
"""Lowest F1 at which a span is called similar."""
_ITEM = re.compile(r"^[^\S\n]*(?:[-*•]|\d{1,2}[.)])[^\S\n]+", re.MULTILINE)
_INLINE_ITEM = re.compile(r"(?:^|(?<=\s))\d{1,2}[.)]\s+")
_JOINS = re.compile(r";|,\s+and\b|,|\n|\band\b|&")


class Span(AnswerKind):
    """A piece of text, scored by the words that it shares with the reference.

    A list of references holds alternatives. A list within it is a set, all of whose members the answer must name. It is
    stored as one reference with a member on each line.
    """

    name = "span"
    format_line = 'End with a line "Answer: " and then the answer in as few words as possible.'
    scorer = "token_f1"
    expected = "a text or a list of texts"
    accepts_list = True
    is_text = True

    def parse_reference(self, value: Any) -> str | None:
        """Return the text; a number is valid too. A set becomes one line for each member."""
        if isinstance(value, list):
            members = [self.parse_reference(member) for member in value]
            valid = [member for member in members if member is not None and "\n" not in member]
            return "\n".join(valid) if len(valid) == len(value) > 0 else None
        return number_as_text(value) or super().parse_reference(value)

    def read_whole(self, content: str, question: Question) -> str | None:
        """Return the phrase, or the items of a list with commas between them, if there is nothing else."""
        if items := _items(content):
            return ", ".join(items)
        if len(sentences(content)) > 1 or find_sentences(content) or is_refusal(content):
            return None
        if len(split_corrections(content)) > 1:
            return None
        if is_restatement(content, question.prompt):
            return phrase_of_restatement(content, question.prompt)
        return None if has_remark(content) else written_phrase(content)

    def read_statement(self, content: str, question: Question) -> str | None:
        """Return the phrase that a statement gives, without an explanation."""
        return None if is_refusal(content) else phrase_in_statement(content, question.prompt)

    def read_text(self, text: str, question: Question) -> str | None:
        """Return a text of one line, or the items of a list."""
        if items := _items(text):
            return ", ".join(items)
        return lone_phrase(text, question.prompt, _MAX_WORDS)

    def compare(self, answer: str, reference: str) -> float:
        """Return the F1 of the words; 0 if the two differ in a number or in a negation. See `word_f1`."""
        if _is_equal(answer, reference):
            return 1.0
        if numbers(answer) != numbers(reference) or is_negated(answer) != is_negated(reference):
            return 0.0
        return min(word_f1(answer, reference.replace("\n", " ")), 0.99)

    def verdict(self, answer: str, reference: str) -> Verdict:
        """Return `equal` for the same words, `similar` for half of them."""
        value = self.compare(answer, reference)
        return Verdict.EQUAL if value == 1 else Verdict.SIMILAR if value >= _THRESHOLD else Verdict.DIFFERENT

    def answer_line(self, reference: str) -> str:
        """Return the reference as the last line; the members of a set with semicolons between them."""
        return super().answer_line(reference.replace("\n", "; "))


def _is_equal(answer: str, reference: str) -> bool:
    """Whether two spans have the same words and symbols; the members of a set may have any order."""
    if "\n" not in reference:
        return span_words(answer) == span_words(reference) and symbols(answer) == symbols(reference)
    named, wanted = (
        [_key(part.strip()) for part in parts if part.strip()]
        for parts in (_JOINS.split(answer), reference.split("\n"))
    )
    # A member may hold "and" or a comma, so its parts are compared.
    parts = [_key(part.strip()) for member in reference.split("\n") for part in _JOINS.split(member) if part.strip()]
    return sorted(named) in (sorted(wanted), sorted(parts))


def _key(text: str) -> tuple[list[str], list[str]]:
    return span_words(text), symbols(text)


def _items(text: str) -> list[str]:
    """Return the items of a text that is a Markdown or JSON list of texts; none for any other text."""
    text = text.strip()
    if text.startswith("["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return []
        # The escapes of JSON may stand for characters that the reply was cleaned of.
        return [printable(str(item)) for item in value] if isinstance(value, list) else []
    lines = text.split("\n")
    if lines[0].rstrip("* ").endswith(":"):
        lines = [line for line in lines[1:] if line.strip()]
    if len(lines) > 1 and all(_ITEM.match(line) for line in lines):
        return [_ITEM.sub("", line).strip() for line in lines]
    if re.match(r"1[.)]\s", text) and len(_INLINE_ITEM.findall(text)) > 1:
        return [item.strip(" ,;") for item in _INLINE_ITEM.split(text) if item.strip()]
    return []
