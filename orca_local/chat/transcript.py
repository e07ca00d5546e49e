"""The settings and turns of a conversation, and the Markdown file that it is saved to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from orca_local.chat.protocol import Done
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import printable
from orca_local.system.files import write_whole

DIRECTORY = "chats"
"""The directory of saved conversations, in the workspace."""


class Setup(Frozen):
    """The model of a conversation and how it answers."""

    model: str
    """`base`, `tuned`, either with a type, or the path of a GGUF file."""
    strategy: str = ""
    """The strategy whose student text is the system message; empty: the message that the student was trained with."""
    max_tokens: int = 512
    temperature: float = 0.0

    @property
    def label(self) -> str:
        """Model and strategy, as shown in a title."""
        name, separator, quantization = self.model.partition(":")
        model = Path(self.model).name if name not in ("base", "tuned") else f"{name}{separator}{quantization}"
        return f"{model} · {self.strategy}" if self.strategy else model


class Turn(Frozen):
    """A question and its answer."""

    question: str
    answer: str
    system: str
    """The system message of the question."""
    done: Done | None
    """None if the process ended before the answer was complete."""


def save_conversations(workspace: Path, conversations: Sequence[tuple[Setup, Sequence[Turn]]], now: datetime) -> Path:
    """Write the conversations as a Markdown file into the workspace; returns its path.

    Raises `MissingError` for a full disk and `InputError` for a directory that cannot be written.
    """
    directory = workspace / DIRECTORY
    hint = f"check the permissions of {workspace}"
    path = directory / f"{now:%Y-%m-%d-%H%M%S}.md"
    try:
        directory.mkdir(exist_ok=True)
    except OSError:
        path = workspace / f"chat-{path.name}"
    write_whole(path, render_conversations(conversations, now), hint=hint)
    return path


def render_conversations(conversations: Sequence[tuple[Setup, Sequence[Turn]]], now: datetime) -> str:
    """All conversations as Markdown, one after another."""
    parts = [f"# Conversation of {now:%Y-%m-%d %H:%M:%S}"]
    for setup, turns in conversations:
        parts.append(f"## {setup.label}\n\nmax_tokens {setup.max_tokens}, temperature {setup.temperature:g}")
        system = None
        for turn in turns:
            if turn.system != system:
                system = turn.system
                parts.append(f"System: {printable(system) or '(empty)'}")
            parts += [f"### {printable(turn.question)}", printable(turn.answer).strip(), f"*{describe(turn.done)}*"]
    return "\n\n".join(parts) + "\n"


def describe(done: Done | None) -> str:
    """Tokens, speed and the end of an answer, on one line."""
    if done is None:
        return "the process ended before the answer was complete"
    parts = [f"{done.completion_tokens:,} tokens"]
    if done.tokens_per_second:
        parts.append(f"{done.tokens_per_second:.1f} tokens/s")
    ends = {"stop": "", "length": "cut off at max_tokens", "cancelled": "stopped", "error": done.error}
    end = "the context is full" if done.is_full else ends[done.finish_reason]
    return " · ".join([*parts, *filter(None, [end])])
