"""Free: an answer without a score. It is taught, but not probed or evaluated."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.domain.errors import InputError
from orca_local.kinds.base import AnswerKind
from orca_local.kinds.model_text import remove_echo
from orca_local.kinds.statement import text_after_heading


class Free(AnswerKind):
    """Any text. A sample needs no reference."""

    name = "free"
    format_line = "Answer in full."
    scorer = "none"
    accepts_list = True
    is_scored = False

    def check_reference(self, reference: str, prompt: str, labels: Sequence[str]) -> str:
        """Return nothing: every reference is valid."""
        return ""

    def clean(self, text: str, prompt: str) -> str:
        """Return what the model itself wrote; markup stays, because it is part of the text."""
        return remove_echo(text, prompt, self.format_line)

    def extract(self, text: str, prompt: str, labels: Sequence[str]) -> str | None:
        """Return what follows the last line that begins with `Answer:`, or the whole text."""
        return text_after_heading(text)

    def compare(self, answer: str, reference: str) -> float:
        """Raise `InputError`: there is no score."""
        raise InputError("kind 'free' has no score", hint="give the samples another kind")
