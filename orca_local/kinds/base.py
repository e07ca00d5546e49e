"""Base of the answer kinds: how an answer is asked for, read, compared with the reference and accepted."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from orca_local.domain.text import fold
from orca_local.kinds.question import Question
from orca_local.kinds.reading.plain import plain_lines, without_check
from orca_local.kinds.reading.reply import clean_reply
from orca_local.kinds.reading.statement import (
    Statement,
    find_forms,
    find_sentences,
    split_corrections,
    text_after_refusal,
)
from orca_local.kinds.verdict import Verdict

_BRACKETED = re.compile(
    r"[*_`]*[\[<{(](?:(?:your|the|final|correct)\s+){0,2}(?:answer|number|letter|word|option|label|value|result)(?:\s+here)?"
    r"[\]>})][*_`.]*",
    re.IGNORECASE,
)
"""A placeholder such as "[your answer]"."""
_MARKS = " *_`.\"'“”()[]<>{}$"
"""Marks that may be around a copied placeholder."""


@dataclass(frozen=True, slots=True)
class Readings:
    """The two readings of one reply. They differ only where the reply does not keep to the asked form."""

    strict: str | None
    """The answer in the asked form, such as `Answer: 7`, read whole; None if there is none."""
    lenient: str | None
    """The answer that a careful person takes from the reply, whatever its form; None if there is none."""
    written: str = ""
    """The last statement in the asked form, as written; empty if there is none."""
    following: str = ""
    """The same with all lines that follow it."""


_PLAIN = re.compile(r"[^\W_](?:[^\W_]|[ ,'()/%$+-]|\.(?=[^\W_]))*")
"""Letters and digits, and marks with which no markup, statement or further sentence begins."""
_MAX_PLAIN = 300
_EXACT_BELOW = 1e16
"""From here on, a float is written with an exponent: its digits are not those that were meant."""


class AnswerKind(ABC):
    """One kind of answer. A subclass and a line in `kinds/table.py` make a new one.

    Readers get the text without hidden reasoning and copies of the prompt, but with its markup. They never see the
    reference. Their time must grow linearly with the text.
    """

    name: ClassVar[str]
    """Value of `kind` in a task file."""
    format_line: ClassVar[str]
    """Last line of the instruction. It is the same under every strategy, so that strategies differ only in how to
    reason."""
    placeholder: ClassVar[str] = ""
    """What stands for the answer in `format_line`. Small models copy it; then it is no answer."""
    scorer: ClassVar[str]
    """Name of the comparison, as the table `scores` stores it."""
    expected: ClassVar[str] = "a text"
    """The form that a reference must have, for the message about a wrong one."""
    accepts_list: ClassVar[bool] = False
    """Whether a sample may have several accepted answers."""
    is_scored: ClassVar[bool] = True
    """Whether answers get a score. Samples of a kind without one are taught, but not probed or evaluated."""
    is_judged: ClassVar[bool] = False
    """Whether a judge grades the answers, where there is one (`[judge]` in `orca.toml`)."""
    is_long: ClassVar[bool] = False
    """Whether an answer may have many lines, so that the names of roles in it are part of the text."""
    is_text: ClassVar[bool] = False
    """Whether an answer is any text. A statement that is the reference as it stands is then right, however it would be
    trimmed."""
    trains_on_similar: ClassVar[bool] = False
    """Whether a teacher's answer that is only similar to the reference is trained on."""

    def parse_reference(self, value: Any) -> str | None:
        """Return the reference that a task file gives, in the form that `compare` takes; None if it is not valid."""
        return value if isinstance(value, str) and value.strip() else None

    def check_reference(self, reference: str, prompt: str, labels: Sequence[str]) -> str:
        """Return the problem of a parsed reference of this sample; empty if there is none."""
        if not labels:
            return ""
        normal = reference.strip().casefold()
        if all(normal != (self.parse_reference(label) or label).strip().casefold() for label in labels):
            return f"the answer {reference!r} is not among the labels: {', '.join(labels)}"
        return ""

    def identity(self, reference: str) -> Hashable:
        """Return what references that are one and the same answer have in common."""
        return fold(reference)

    @abstractmethod
    def read_whole(self, content: str, question: Question) -> str | None:
        """Return the answer if all of `content` is the answer; else None.

        `content` is what follows `Answer:` in its line, or what is in a box, as written.
        """

    def read_statement(self, content: str, question: Question) -> str | None:
        """Return the answer that a careful person reads in a statement; None if there is none or several.

        `content` is what follows `Answer:` or "The answer is", up to the end of the line.
        """
        return self.read_whole(content, question)

    def read_text(self, text: str, question: Question) -> str | None:
        """Return the answer that a careful person reads in a text without a statement; None if in doubt."""
        return None

    @abstractmethod
    def compare(self, answer: str, reference: str) -> float:
        """Return how right an answer is, from 0 to 1."""

    def verdict(self, answer: str, reference: str) -> Verdict:
        """Return how an answer relates to the reference."""
        return Verdict.EQUAL if self.compare(answer, reference) == 1 else Verdict.DIFFERENT

    def is_written(self, readings: Readings, reference: str) -> bool:
        """Whether a statement, alone or with all that follows it, is the reference as it stands."""
        if not self.is_text:
            return False
        # Folding changes the length of a text at most threefold, so most replies need not be folded.
        texts = [text for text in (readings.written, readings.following) if len(text) <= 4 * len(reference) + 64]
        return any(fold(text) == fold(reference) for text in texts)

    def is_plain(self, reference: str) -> bool:
        """Whether a reply that gives the reference as asked is sure to be read as it, whatever prompt and labels are.

        It saves reading such a reply (`find_unscorable`). False if in doubt.
        """
        # A statement that is the reference as it stands is right, and nothing in such a text ends the statement.
        return self.is_text and len(reference) <= _MAX_PLAIN and _PLAIN.fullmatch(reference) is not None

    def answer_line(self, reference: str) -> str:
        """Return the reference as the last line of an answer."""
        return f"Answer: {reference}"

    def read(self, text: str, *, prompt: str = "", labels: Sequence[str] = ()) -> Readings:
        """Return both readings of a reply to this prompt."""
        question = Question(prompt, tuple(labels))
        text = clean_reply(text, prompt, self.format_line, is_long=self.is_long)
        if not text.strip():
            return Readings(None, None)
        forms = find_forms(text)
        while forms and (
            _is_placeholder(forms[-1].content, self.placeholder)
            or _BRACKETED.fullmatch(text[forms[-1].start : forms[-1].end])
        ):
            copied = forms.pop()
            text = f"{text[: copied.start].rstrip('*_`# ')}\n{text[copied.end :]}"
        if not text.strip():
            return Readings(None, None)
        if not forms:
            return Readings(None, self._read_freely(text, [], question))
        if self._contradicts(text, forms, question):
            return Readings(None, None)
        last = forms[-1]
        following = text[last.content_start :].strip()
        whole = self.read_whole(last.content, question)
        corrected = self._read_correction(text[last.end :], question)
        if whole is None:
            lenient = corrected or self._read_freely(text, forms, question)
            return Readings(None, lenient) if corrected else Readings(None, lenient, last.content, following)
        if corrected in (None, whole):
            return Readings(whole, whole, last.content, following)
        return Readings(None, corrected)

    def read_strict(self, text: str, *, prompt: str = "", labels: Sequence[str] = ()) -> str | None:
        """Return the answer in the asked form; see `Readings`."""
        return self.read(text, prompt=prompt, labels=labels).strict

    def read_lenient(self, text: str, *, prompt: str = "", labels: Sequence[str] = ()) -> str | None:
        """Return the answer that a careful person takes from the reply; see `Readings`."""
        return self.read(text, prompt=prompt, labels=labels).lenient

    def _contradicts(self, text: str, forms: Sequence[Statement], question: Question) -> bool:
        """Whether the last three forms, with nothing between them, each say something else than the one before."""
        last = forms[-3:]
        if self.is_long or len(last) < 3 or any(text[a.end : b.start].strip() for a, b in pairwise(last)):
            return False
        values = [self.read_whole(form.content, question) for form in last]
        return all(a is not None and b is not None and self.compare(a, b) == 0 for a, b in pairwise(values))

    def _read_correction(self, after: str, question: Question) -> str | None:
        """Return the answer that a reply gives when it takes back the one before."""
        for part in reversed(split_corrections(after)[1:]):
            statements = [*find_forms(part), *find_sentences(part)]
            answer = self._read_statements(statements, question) if statements else self.read_text(part, question)
            if answer is not None:
                return answer
        return None

    def _read_freely(self, text: str, forms: Sequence[Statement], question: Question) -> str | None:
        """Return the last statement that can be read; without any statement, what the whole text says."""
        # A form counts before a sentence, which may only mention an answer.
        answer = self._read_statements(forms, question)
        if answer is None and not (forms and not text[forms[-1].end :].strip()):
            answer = self._read_statements(find_sentences(text), question)
            if answer is None:
                text = text_after_refusal(text, question.prompt)
                # A text in the form of JSON or code may be the answer itself.
                is_plain = self.is_text and not question.labels
                answer = self._read_whole_text(text if is_plain else plain_lines(text), question)
        return answer

    def _read_whole_text(self, text: str, question: Question) -> str | None:
        parts = split_corrections(text)
        if len(parts) == 1 and (before := without_check(text)) != text:
            return self._first(self.read_text, (before, text), question)
        candidates = [*reversed(parts[1:]), text] if len(parts) > 1 else [text]
        return self._first(self.read_text, candidates, question)

    def _read_statements(self, statements: Sequence[Statement], question: Question) -> str | None:
        for statement in reversed(statements):
            parts = split_corrections(statement.content)
            candidates = [*reversed(parts[1:]), statement.content] if len(parts) > 1 else parts
            if (answer := self._first(self.read_statement, candidates, question)) is not None:
                return answer
        return None

    @staticmethod
    def _first(read: Callable[[str, Question], str | None], texts: Sequence[str], question: Question) -> str | None:
        """Return the first answer that `read` finds in these texts."""
        return next((answer for text in texts if text.strip() and (answer := read(text, question)) is not None), None)


def _is_placeholder(content: str, placeholder: str) -> bool:
    """Whether a statement is the placeholder of the format line, or a copy of that line's end: "N, where N is …"."""
    if _BRACKETED.fullmatch(content.strip()):
        return True
    name, _, rest = content.partition(",")
    return bool(placeholder) and name.strip(_MARKS) == placeholder and (not rest or rest.strip().startswith("where"))


def number_as_text(value: Any) -> str | None:
    """Return a JSON number as text, whole numbers without a decimal point; None if `value` is not a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_BELOW
    return str(int(value)) if is_whole else str(value)
