"""The values that stages hand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Split = Literal["probe", "train", "holdout"]
Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "cancelled", "error"]

SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str

    def to_dict(self) -> dict[str, str]:
        """The form that chat APIs and chat templates take."""
        return {"role": self.role, "content": self.content}


@dataclass(frozen=True, slots=True)
class Sample:
    """One prompt with its reference answer, in one task and one split."""

    id: str
    task: str
    kind: str
    """Name of the answer kind, a key of `kinds.table.KINDS`."""
    prompt: str
    answers: tuple[str, ...]
    """Accepted answers; the first is the reference. Empty only for kind `free`."""
    split: Split
    labels: tuple[str, ...] = ()
    """The closed set of answers, where the task has one."""
    rationale: str | None = None
    """A worked answer that came with the sample."""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How the next token is picked; the defaults are greedy."""

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    """0 keeps every token."""
    min_p: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt for an engine. Local engines read `token_ids`, remote ones `messages`."""

    id: str
    messages: tuple[Message, ...]
    token_ids: tuple[int, ...]
    settings: SamplingSettings
    stop: tuple[str, ...] = ()
    """Texts that end the completion; they are not part of it."""
    prefix_length: int = 0
    """How many leading tokens are known to be shared with other requests."""
    stream: bool = False
    """Whether `step` also returns `TextDelta`s for this request."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Text that arrived for a streaming request since the last step."""

    request_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of a request: what was generated, and why it stopped."""

    request_id: str
    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    duration_ms: int
    error: str = ""
    """Why `finish_reason` is `error`."""
