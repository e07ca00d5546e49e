"""The protocols that every stage types against: `Engine`, `ScoringEngine` and `AdapterEngine`.

`engines/make.py` constructs the classes that implement them; nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.types import Completion, Request, TextDelta

Output = list[TextDelta | Completion]
"""The result of one step: new text and requests that ended."""
Logits = NDArray[np.float32]
"""Shape [positions, vocabulary], or [vocabulary] for one position."""


class Engine(Protocol):
    """Generates text for many requests at once. The caller owns the loop and calls `step` until all have ended."""

    capacity: int
    """Number of requests that run at once; more may be submitted and wait."""

    @property
    def fingerprint(self) -> str:
        """Name of everything besides the model file that may change the text: engine, version, device, compute type."""

    def submit(self, request: Request) -> None:
        """Queue a request.

        Raises `ContextFull` if the prompt leaves no room for an answer, `ValueError` if a request with the same id
        has not ended yet.
        """

    def step(self) -> Output:
        """Advance all running requests once; return the new text and the requests that ended.

        Returns an empty list if there are no requests. Only streaming requests produce `TextDelta`s.
        """

    def cancel(self, request_id: str) -> None:
        """End a request. The next step returns its `Completion` (`cancelled`). An unknown id is ignored."""

    def close(self) -> None:
        """Free the model or the connections. Safe to call twice."""


class ScoringEngine(Engine, Protocol):
    """An engine that also returns the model's probabilities for a given text."""

    context: int
    """Maximum number of tokens of one request, prompt and answer together."""

    def score(self, prompt_ids: Sequence[int], continuation_ids: Sequence[int]) -> NDArray[np.float64]:
        """Log-probabilities of the continuation's tokens, each given the prompt and the tokens before it.

        float64 of shape [len(continuation_ids)], in nats. The prompt needs at least one token. No request may be
        running or waiting.
        """

    def iter_logits(self, token_ids: Sequence[int], positions: Sequence[int]) -> Iterator[Logits]:
        """Yield the logits after the tokens at `positions` (ascending) of one text.

        The arrays are float32 of shape [some positions, vocabulary]; each is valid until the next is requested. No
        request may be running or waiting.
        """


class AdapterEngine(ScoringEngine, Protocol):
    """A scoring engine that applies LoRA adapters to the loaded model."""

    def set_adapter(self, path: Path | None) -> None:
        """Apply the LoRA adapter in a GGUF file instead of the present one; None removes it.

        No request may be running or waiting. Raises `InputError` if the adapter does not fit the model; the present
        one then stays.
        """

    def reserve(self) -> None:
        """Allocate the memory of `capacity` requests that fill the context. `capacity` shrinks to what fits.

        Then no request waits because others have less room, and none fails because memory was taken meanwhile. No
        request may be running or waiting. Raises `MissingError` if the memory has no room for one request.
        """
