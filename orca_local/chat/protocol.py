"""What is said between the interface and the process that holds a model: a JSON object a line, each way."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from orca_local.domain.types import FinishReason


@dataclass(frozen=True, slots=True)
class Load:
    """The first line: which model to load."""

    workspace: str
    model: str
    """`base`, `tuned`, either with a type, or the path of a GGUF file."""
    share: int = 1
    """Among how many such processes the processor is shared out."""
    turns: tuple[tuple[str, str], ...] = ()
    """Questions and answers of a conversation that goes on."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The next question, and how to answer it."""

    text: str
    system: str
    max_tokens: int
    temperature: float


@dataclass(frozen=True, slots=True)
class Stop:
    """Leave the answer as it is; what was said stays said."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Forget the conversation."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded."""

    quantization: str
    context: int
    """Tokens that the whole conversation may have."""
    threads: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The model cannot be loaded, and the process ends; or a question cannot be answered, and it goes on."""

    message: str
    hint: str
    is_full: bool = False
    """Whether the conversation has filled the context."""


@dataclass(frozen=True, slots=True)
class Said:
    """More of the answer."""

    text: str
    tokens: int
    """Of the answer so far, as far as they can be seen."""
    first_seconds: float
    """From the question to the first text: the time that reading the prompt took."""
    seconds: float
    """Since the question came."""

    @property
    def tokens_per_second(self) -> float:
        """How quickly the answer is written; 0 where that cannot be said yet."""
        return _rate(self.tokens, self.seconds - self.first_seconds)


@dataclass(frozen=True, slots=True)
class Done:
    """The end of the answer."""

    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    first_seconds: float
    """From the question to the first text: the time that reading the prompt took."""
    seconds: float
    """From the question to the end."""
    is_full: bool = False
    """Whether the conversation has filled the context."""
    error: str = ""

    @property
    def tokens_per_second(self) -> float:
        """How quickly the answer was written, without the reading of the prompt; 0 where that cannot be said."""
        return _rate(self.completion_tokens, self.seconds - self.first_seconds)


@dataclass(frozen=True, slots=True)
class Ended:
    """The process is gone, and nobody asked it to go."""

    status: int
    """As `subprocess` counts: negative for the signal that ended it."""
    said: str
    """The end of what it wrote to stderr."""


ToModel = Load | Ask | Stop | Reset
FromModel = Ready | Refused | Said | Done | Ended

_KINDS: dict[str, type[ToModel | FromModel]] = {
    kind.__name__.lower(): kind for kind in (Load, Ask, Stop, Reset, Ready, Refused, Said, Done)
}


def _rate(tokens: int, seconds: float) -> float:
    """Tokens a second from the first one on, which was there when the time began."""
    return (tokens - 1) / seconds if tokens > 1 and seconds > 0 else 0.0


def to_line(message: ToModel | FromModel) -> bytes:
    """One line, its end included."""
    return json.dumps({"kind": type(message).__name__.lower(), **asdict(message)}).encode() + b"\n"


def from_line(line: bytes) -> ToModel | FromModel:
    """The message of a line. Raises `ValueError` where it is none."""
    try:
        values = json.loads(line)
        kind = _KINDS[values.pop("kind")]
        if kind is Load:
            values["turns"] = tuple((question, answer) for question, answer in values["turns"])
        return kind(**values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no message: {line[:200]!r}") from error
