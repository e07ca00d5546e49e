"""A request while an engine generates its answer."""

from __future__ import annotations

import time

import numpy as np

from orca_local.domain.types import Completion, FinishReason, Request, TextDelta
from orca_local.engines.base import Output
from orca_local.engines.text_stream import TextStream


def max_length(request: Request, context: int) -> int:
    """Maximum number of tokens of a request, prompt included, in a context of `context` tokens."""
    return min(len(request.token_ids) + request.settings.max_tokens, context)


class ActiveRequest:
    """Collects the generated tokens of one request and decides when its answer ends."""

    def __init__(self, request: Request, context: int) -> None:
        self.request = request
        self.max_length = max_length(request, context)
        """Maximum number of tokens, prompt included."""
        self.rng = np.random.default_rng(request.settings.seed % 2**64)
        self.generated: list[int] = []
        self._stream = TextStream(request.stop)
        self._started = time.monotonic()

    @property
    def length(self) -> int:
        """Number of tokens so far, prompt included."""
        return len(self.request.token_ids) + len(self.generated)

    def append(self, token: int, piece: bytes, *, is_end: bool) -> tuple[list[TextDelta], FinishReason | None]:
        """Add a generated token, whose bytes are `piece`.

        Returns the text to show and, if the answer has ended, the reason. `is_end`: whether the token ends the turn.
        """
        self.generated.append(token)
        if is_end:
            return [], "stop"
        deltas = self._delta(self._stream.push(piece))
        if self._stream.stopped:
            return deltas, "stop"
        if len(self.generated) >= self.request.settings.max_tokens or self.length >= self.max_length:
            return deltas, "length"
        return deltas, None

    def finish(self, reason: FinishReason, error: str = "") -> Output:
        """Return the text that was held back and the completion."""
        deltas = self._delta(self._stream.finish())
        # Closing an incomplete character may complete a stop string.
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


def cancelled(request: Request) -> Output:
    """The completion of a request that was cancelled before it ran."""
    return ActiveRequest(request, 0).finish("cancelled")
