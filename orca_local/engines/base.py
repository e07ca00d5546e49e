"""The seam between what wants text and what generates it."""

from __future__ import annotations

from typing import Protocol

from orca_local.domain.types import Completion, Request, TextDelta


class Engine(Protocol):
    """Takes requests and steps; the caller owns the loop."""

    @property
    def capacity(self) -> int:
        """How many requests it can advance at once; more may be submitted and wait."""

    @property
    def fingerprint(self) -> str:
        """Engine, version and compute type: whatever may change the text for equal ids."""

    def submit(self, request: Request) -> None:
        """Queue a request. Raises `InputError` where it can never fit the context."""

    def step(self) -> list[TextDelta | Completion]:
        """Advance everything in flight once; an empty engine returns an empty list."""

    def cancel(self, request_id: str) -> None:
        """End a request; its `Completion` (`cancelled`) comes with the next step."""

    def close(self) -> None:
        """Free the model. Safe to call twice."""
