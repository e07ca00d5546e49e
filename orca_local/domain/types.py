"""Values that stages pass to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal, get_args

from orca_local.domain.frozen import Frozen

Split = Literal["probe", "train", "holdout"]
Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "cancelled", "error"]

SPLITS: tuple[Split, ...] = get_args(Split)
ROLES: tuple[Role, ...] = get_args(Role)


class Message(Frozen):
    """One turn of a conversation."""

    role: Role
    content: str

    def to_dict(self) -> dict[str, str]:
        """Return the form that chat APIs and chat templates take."""
        return {"role": self.role, "content": self.content}


class Sample(Frozen):
    """A prompt with its reference answer, in one task and one split."""

    id: str
    task: str
    kind: str
    """Name of the answer kind, a key of `kinds.table.KINDS`."""
    prompt: str
    answers: tuple[str, ...]
    """Accepted answers; the first is the reference. Empty only for a kind without a score."""
    split: Split
    labels: tuple[str, ...] = ()
    """The closed set of answers, if the task has one."""
    rationale: str | None = None
    """Worked answer from the task file."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    """What stands before the prompt: the task's own system message, if there is one, then earlier turns, which begin
    with the user and end with the assistant."""

    @property
    def system_message(self) -> str:
        """The task's own system message; empty if there is none."""
        return self.messages[0].content if self.messages and self.messages[0].role == "system" else ""

    @property
    def earlier_turns(self) -> tuple[Message, ...]:
        """The turns before the prompt, without the system message."""
        return tuple(message for message in self.messages if message.role != "system")

    @property
    def turns(self) -> tuple[Message, ...]:
        """The conversation without the system message: the earlier turns, then the prompt."""
        return *self.earlier_turns, Message("user", self.prompt)

    @property
    def text(self) -> str:
        """All that a model is shown of the sample, whatever the strategy: the messages and the prompt, in lines."""
        return "\n".join([*(message.content for message in self.messages), self.prompt])


class SamplingSettings(Frozen):
    """How the next token is chosen; the defaults decode greedily."""

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    """0: no limit."""
    min_p: float = 0.0
    seed: int = 0


class Request(Frozen):
    """One prompt for an engine. Local engines read `token_ids`, remote engines read `messages`."""

    id: str
    messages: tuple[Message, ...]
    token_ids: tuple[int, ...]
    settings: SamplingSettings
    stop: tuple[str, ...] = ()
    """Texts that end the completion; the completion leaves them out."""
    stream: bool = False
    """Whether the engine also returns `TextDelta`s for this request."""


class TextDelta(Frozen):
    """New text of a streaming request since the last step."""

    request_id: str
    text: str


class Completion(Frozen):
    """The result of a request: the generated text, and why it ended."""

    request_id: str
    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    duration_ms: int
    error: str = ""
    """Reason if `finish_reason` is `error`."""
