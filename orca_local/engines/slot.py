"""A request on its way through an engine, and the sequence of a context that it uses."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from orca_local.domain.errors import InputError
from orca_local.domain.types import Completion, FinishReason, Request, TextDelta
from orca_local.engines.text_stream import TextStream

SHARED_PREFIX = 16
"""Fewest common tokens for which a sequence begins with what another holds."""


class ContextFull(InputError):
    """A prompt leaves no room for an answer."""


def refuse_unfit(request: Request, context: int) -> None:
    """Raise `ContextFull` where a prompt leaves no room for an answer in a context of so many tokens."""
    count = len(request.token_ids)
    if not count:
        raise InputError("an empty prompt cannot be completed")
    if count >= context:
        raise ContextFull(
            f"the prompt has {count} tokens, and the context of {context} must hold the answer too",
            hint="raise engine.context in orca.toml, as far as the model and the memory allow",
        )


class Flight:
    """A request on its way from prompt to completion."""

    def __init__(self, request: Request, limit: int) -> None:
        self.request = request
        self.limit = limit
        """Tokens it may have, prompt included."""
        self.rng = np.random.default_rng(request.settings.seed % 2**64)
        self.generated: list[int] = []
        self._stream = TextStream(request.stop)
        self._started = time.monotonic()

    @property
    def length(self) -> int:
        """Tokens so far, prompt included."""
        return len(self.request.token_ids) + len(self.generated)

    def take(self, token: int, piece: bytes, *, is_end: bool) -> tuple[list[TextDelta], FinishReason | None]:
        """Accept the next token; returns the text to show and, where it is over, why."""
        self.generated.append(token)
        if is_end:
            return [], "stop"
        deltas = self._delta(self._stream.push(piece))
        if self._stream.stopped:
            return deltas, "stop"
        if len(self.generated) >= self.request.settings.max_tokens or self.length >= self.limit:
            return deltas, "length"
        return deltas, None

    def end(self, reason: FinishReason, error: str = "") -> list[TextDelta | Completion]:
        """The rest of the text, and the completion."""
        deltas = self._delta(self._stream.finish())
        # Bytes that end as a stop string only when the last character is closed end the text there too.
        reason = "stop" if reason == "length" and self._stream.stopped else reason
        completion = Completion(
            self.request.id,
            self._stream.text,
            reason,
            prompt_tokens=len(self.request.token_ids),
            completion_tokens=len(self.generated),
            duration_ms=round(1000 * (time.monotonic() - self._started)),
            error=error,
        )
        return [*deltas, completion]

    def _delta(self, text: str) -> list[TextDelta]:
        return [TextDelta(self.request.id, text)] if text and self.request.stream else []


@dataclass
class Slot:
    """One sequence of the context."""

    number: int
    held: list[int] = field(default_factory=list)
    """Tokens whose keys and values are in memory. They stay when a request ends: the next may begin with them."""
    flight: Flight | None = None
    read: int = 0
    """How many of them, from the first on, were read as a text; one that is generated takes other kernels."""

    def hold(self, tokens: Sequence[int]) -> None:
        """Tokens were read as the next part of a text."""
        if self.read == len(self.held):
            self.read += len(tokens)
        self.held += tokens

    def cut(self, length: int) -> None:
        """Tokens from `length` on were forgotten."""
        del self.held[length:]
        self.read = min(self.read, length)

    def take_over(self, other: Slot) -> None:
        """The memory of another slot was copied here."""
        self.held, self.read = other.held[:], other.read

    @property
    def unread(self) -> tuple[int, ...]:
        """Tokens of the prompt that are not in memory yet."""
        return self.flight.request.token_ids[len(self.held) :] if self.flight else ()

    @property
    def is_ready(self) -> bool:
        """Whether all but the token picked last is in memory."""
        return self.flight is not None and bool(self.flight.generated) and len(self.held) == self.flight.length - 1


def common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two texts begin with in common."""
    for index, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return index
    return min(len(first), len(second))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request begins: in `target`, after the first `common` tokens that `source` holds."""

    target: Slot
    source: Slot
    common: int


def find_place(slots: Sequence[Slot], ids: Sequence[int], *, share: bool) -> Place:
    """The free slot for a prompt, and the slot whose memory it may begin with.

    The last tokens of a prompt are never shared: the logits after them are needed, and a token is not read alone.
    There must be a free slot.
    """
    free = [slot for slot in slots if slot.flight is None]
    if share:
        common = {slot.number: common_prefix(slot.held, ids[:-2]) for slot in slots}
        source = max(slots, key=lambda slot: common[slot.number])
        here = max(free, key=lambda slot: common[slot.number])
        if common[here.number] >= max(SHARED_PREFIX, common[source.number] - SHARED_PREFIX):
            return Place(here, here, common[here.number])
        if common[source.number] >= SHARED_PREFIX:
            return Place(free[0], source, common[source.number])
    return Place(free[0], free[0], 0)
