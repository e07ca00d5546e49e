"""Samples with a system message of their own and earlier turns, for tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from orca_local.domain.text import is_visible
from orca_local.domain.types import Message, Sample

OWN = "You are the till of a fruit stall. Prices are in francs."
TURNS = (
    Message("user", "An apple costs 2 and a pear 3. What do two apples cost?"),
    Message("assistant", "Two apples cost 4.\nAnswer: 4"),
)
SALE = Sample(
    "sale-1",
    "stall",
    "number",
    "And with one pear added?",
    ("7",),
    "train",
    messages=(Message("system", OWN), *TURNS),
)
"""A conversation of three turns with a system message of its own."""

_CONTENTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(is_visible)


@st.composite
def message_lists(draw: st.DrawFn) -> tuple[Message, ...]:
    """Any messages that a sample may have."""
    system = [Message("system", draw(_CONTENTS))] if draw(st.booleans()) else []
    turns: list[Message] = []
    for _ in range(draw(st.integers(0, 3))):
        turns += [Message("user", draw(_CONTENTS)), Message("assistant", draw(_CONTENTS))]
    return *system, *turns


def record_of(sample: Sample) -> dict[str, Any]:
    """The record of a task file that gives this sample."""
    names = ("id", "task", "kind", "prompt", "split")
    values = {name: getattr(sample, name) for name in names}
    return {
        **values,
        "answer": sample.answers[0],
        "messages": [message.to_dict() for message in sample.messages],
        **({"rationale": sample.rationale} if sample.rationale else {}),
    }
