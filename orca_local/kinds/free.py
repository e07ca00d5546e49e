"""Free: an answer without a score. It is taught, but not probed or evaluated."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.domain.errors import InputError
from orca_local.kinds.text import Text


class Free(Text):
    """Any text. A sample needs no reference."""

    name = "free"
    format_line = "Answer in full."
    scorer = "none"
    is_scored = False

    def check_reference(self, reference: str, prompt: str, labels: Sequence[str]) -> str:
        """Return nothing: every reference is valid."""
        return ""

    def compare(self, answer: str, reference: str) -> float:
        """Raise `InputError`: there is no score."""
        raise InputError(f"kind {self.name!r} has no score by a rule", hint="give the samples another kind")
