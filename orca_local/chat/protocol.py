"""The messages between the program and the process that holds a model: one JSON object per line, each way."""

from __future__ import annotations

import json
from dataclasses import asdict

from orca_local.domain.frozen import Frozen
from orca_local.domain.types import FinishReason


class Message(Frozen):
    """Base of all messages."""


class ToModel(Message):
    """Base of the messages to the model's process."""


class FromModel(Message):
    """Base of the messages from the model's process."""


class Load(ToModel):
    """Load a model: the first line."""

    workspace: str
    model: str
    """`base`, `tuned`, either with a type, or the path of a GGUF file."""
    share: int = 1
    """Number of model processes that share the processor cores."""
    turns: tuple[tuple[str, str], ...] = ()
    """Questions and answers of a conversation to continue."""


class Question(ToModel):
    """Answer a message."""

    text: str
    system: str
    """The system message."""
    max_tokens: int
    temperature: float


class Stop(ToModel):
    """End the answer; the text so far stays in the conversation."""


class Reset(ToModel):
    """Forget the conversation."""


class Ready(FromModel):
    """The model is loaded."""

    quantization: str
    context: int
    """Tokens that the whole conversation may have."""
    threads: int


class Refused(FromModel):
    """The model cannot be loaded, and the process ends; or a question cannot be answered, and the process continues."""

    message: str
    hint: str
    is_full: bool = False
    """Whether the conversation has filled the context."""


class AnswerDelta(FromModel):
    """New text of the answer."""

    text: str
    tokens: int
    """Number of visible tokens of the answer so far."""
    first_seconds: float
    """Seconds from the question to the first text: the time to read the prompt."""
    seconds: float
    """Seconds since the question."""

    @property
    def tokens_per_second(self) -> float:
        """Speed of writing the answer, without reading the prompt; 0 if not known yet."""
        return _rate(self.tokens, self.seconds - self.first_seconds)


class Done(FromModel):
    """The answer is complete."""

    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    first_seconds: float
    """Seconds from the question to the first text: the time to read the prompt."""
    seconds: float
    """Seconds from the question to the end of the answer."""
    is_full: bool = False
    """Whether the conversation has filled the context."""
    error: str = ""

    @property
    def tokens_per_second(self) -> float:
        """Speed of writing the answer, without reading the prompt; 0 if not known."""
        return _rate(self.completion_tokens, self.seconds - self.first_seconds)


class ProcessExited(FromModel):
    """The process ended unexpectedly."""

    status: int
    """The exit status as `subprocess` counts it: negative for a signal."""
    stderr: str
    """The end of its error output."""


_KINDS = {kind.__name__.lower(): kind for base in Message.__subclasses__() for kind in base.__subclasses__()}


def _rate(tokens: int, seconds: float) -> float:
    """Tokens per second. The first token is not counted, because the time is measured from it."""
    return (tokens - 1) / seconds if tokens > 1 and seconds > 0 else 0.0


def to_line(message: Message) -> bytes:
    """The message as one line, with its newline."""
    return json.dumps({"kind": type(message).__name__.lower(), **asdict(message)}).encode() + b"\n"


def from_line(line: bytes) -> Message:
    """The message in a line. Raises `ValueError` if the line is not a message."""
    try:
        values = json.loads(line)
        kind = _KINDS[values.pop("kind")]
        if kind is Load:
            values["turns"] = tuple((question, answer) for question, answer in values["turns"])
        return kind(**values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a message: {line[:200]!r}") from error
