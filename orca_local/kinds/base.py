"""Base of the answer kinds: how an answer is asked for, read, compared with the reference and accepted."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from orca_local.kinds.model_text import remove_echo, remove_markup
from orca_local.kinds.statement import has_statement


class AnswerKind(ABC):
    """One kind of answer. A subclass and a line in `kinds/table.py` make a new one."""

    name: ClassVar[str]
    """Value of `kind` in a task file."""
    format_line: ClassVar[str]
    """Last line of the instruction. It is the same under every strategy, so that strategies differ only in how to
    reason."""
    scorer: ClassVar[str]
    """Name of the comparison, as the table `scores` stores it."""
    expected: ClassVar[str] = "a text"
    """The form that a reference must have, for the message about a wrong one."""
    accepts_list: ClassVar[bool] = False
    """Whether a sample may have several accepted answers."""
    is_scored: ClassVar[bool] = True
    """Whether answers get a score. Samples of a kind without one are taught, but not probed or evaluated."""
    threshold: ClassVar[float] = 1.0
    """Lowest result of `compare` at which an answer counts as right for training."""

    def parse_reference(self, value: Any) -> str | None:
        """Return the reference that a task file gives, in the form that `compare` takes; None if it is not valid."""
        return value if isinstance(value, str) and value.strip() else None

    def check_reference(self, reference: str, prompt: str, labels: Sequence[str]) -> str:
        """Return the problem of a parsed reference of this sample; empty if there is none."""
        normal = reference.strip().casefold()
        if labels and all(normal != (self.parse_reference(label) or label).strip().casefold() for label in labels):
            return f"the answer {reference!r} is not among the labels: {', '.join(labels)}"
        return ""

    def read_strict(self, text: str, *, prompt: str = "", labels: Sequence[str] = ()) -> str | None:
        """Return the answer in a text that may be trained on; None if there is none.

        It takes the same arguments as `read_lenient`, and by default reads the same answer.
        """
        return self._read(text, prompt, labels)

    def read_lenient(self, text: str, *, prompt: str = "", labels: Sequence[str] = ()) -> str | None:
        """Return the answer in a text that gets a score; None if there is none.

        `prompt` gives the options of a question and what the text may only repeat. `labels` is the closed set of
        answers, if the task has one.
        """
        return self._read(text, prompt, labels)

    @abstractmethod
    def compare(self, answer: str, reference: str) -> float:
        """Return how right an answer is, from 0 to 1."""

    def accepts(self, answer: str, reference: str) -> bool:
        """Whether an answer is right enough to be trained on."""
        return self.compare(answer, reference) >= self.threshold

    def states_answer(self, text: str, prompt: str) -> bool:
        """Whether a text states an answer, as in `Answer: 7` or "The answer is 7"."""
        return has_statement(self.clean(text, prompt))

    def answer_line(self, reference: str) -> str:
        """Return the reference as the last line of an answer."""
        return f"Answer: {reference}"

    def clean(self, text: str, prompt: str) -> str:
        """Return what the model itself wrote: without hidden reasoning, repeated prompt and markup."""
        return remove_markup(remove_echo(text, prompt, self.format_line))

    @abstractmethod
    def extract(self, text: str, prompt: str, labels: Sequence[str]) -> str | None:
        """Return the answer in a cleaned text, normalized for this kind; None if there is none."""

    def _read(self, text: str, prompt: str, labels: Sequence[str]) -> str | None:
        text = self.clean(text, prompt)
        return self.extract(text, prompt, labels) if re.search(r"\w", text) else None


def number_as_text(value: Any) -> str | None:
    """Return a JSON number as text, whole numbers without a decimal point; None if `value` is not a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
