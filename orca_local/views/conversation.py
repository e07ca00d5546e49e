"""The conversation of a sample as text, for screens and commands."""

from __future__ import annotations

from collections.abc import Callable

from orca_local.domain.types import Message, Sample


def conversation_text(sample: Sample, shorten: Callable[[str], str] = str) -> str:
    """The prompt; with messages before it, each turn under its role. `shorten` is applied to the text of each turn."""
    if not sample.messages:
        return shorten(sample.prompt)
    messages = (*sample.messages, Message("user", sample.prompt))
    return "\n".join(f"[{message.role}]\n{shorten(message.content)}" for message in messages)
