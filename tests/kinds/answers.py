"""Read an answer as the scorer does, and texts that have none."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.kinds.table import get_kind

OPTIONS = "Which one?\nA) a red car\nB) a blue bike\nC) New York\nD) York\nE) 12 hours"
REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I cannot answer this question.",
    "As an AI language model, I am unable to determine which is right.",
    "There is not enough information to say.",
]
NOTHING = [
    "",
    "   ",
    "\n\r\n\t",
    "\x00\x1b[2J",
    "...",
    "🎉",
    "**",
    "Answer:",
    "**Answer:**",
    "<think>\nA, so the answer is B",
]


def read_answer(kind: str, text: str, *, prompt: str = "", labels: Sequence[str] = ()) -> str | None:
    """Return the answer that a careful person reads in a text. If the text has the asked form, both readings agree."""
    readings = get_kind(kind).read(text, prompt=prompt, labels=labels)
    assert readings.strict in (None, readings.lenient)
    return readings.lenient


def read_strictly(kind: str, text: str, *, prompt: str = "", labels: Sequence[str] = ()) -> str | None:
    """Return the answer in the asked form."""
    return get_kind(kind).read_strict(text, prompt=prompt, labels=labels)
