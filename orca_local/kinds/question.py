"""What a reader may know of a sample besides the reply."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """The prompt and the labels of a sample. A reader never sees the reference."""

    prompt: str = ""
    labels: tuple[str, ...] = ()
    """The closed set of answers; empty if any answer is possible."""
