"""An engine that says what a script tells it: for tests, and for trying stages without a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from orca_local.domain.errors import OrcaError
from orca_local.domain.types import Completion, Request, TextDelta
from orca_local.engines.slot import Flight, refuse_unfit

Script = Callable[[Request], str] | Sequence[str]
"""What to answer: a function of the request, or texts in the order of submission. A function may raise an
`OrcaError`, which becomes a completion with that error."""


class FakeEngine:
    """Keeps every promise of `Engine`; a word, with the white space before it, is a token."""

    def __init__(self, script: Script, *, capacity: int = 4, context: int = 2048, fingerprint: str = "fake") -> None:
        texts = iter(() if callable(script) else script)
        self._script: Callable[[Request], str] = script if callable(script) else lambda _: next(texts)
        self._capacity = capacity
        self._context = context
        self._fingerprint = fingerprint
        self._waiting: list[Flight] = []
        self._running: dict[str, tuple[Flight, list[str]]] = {}
        self._ended: list[TextDelta | Completion] = []
        self.requests: list[Request] = []
        """Everything that was submitted."""
        self.closed = False

    @property
    def capacity(self) -> int:
        """How many requests it advances at once."""
        return self._capacity

    @property
    def fingerprint(self) -> str:
        """As given."""
        return self._fingerprint

    def submit(self, request: Request) -> None:
        """Queue a request. Raises `InputError` where its prompt leaves no room in the context."""
        refuse_unfit(request, self._context)
        if request.id in self._running or any(flight.request.id == request.id for flight in self._waiting):
            raise ValueError(f"request {request.id!r} is already in flight")
        self.requests.append(request)
        self._waiting.append(Flight(request, min(len(request.token_ids) + request.settings.max_tokens, self._context)))

    def cancel(self, request_id: str) -> None:
        """End a request; its `Completion` comes with the next step. An unknown id is ignored."""
        waiting = [flight for flight in self._waiting if flight.request.id == request_id]
        running = self._running.pop(request_id, None)
        for flight in waiting:
            self._waiting.remove(flight)
        for flight in waiting + ([running[0]] if running else []):
            self._ended += flight.end("cancelled")

    def step(self) -> list[TextDelta | Completion]:
        """Say one more word of every answer in flight."""
        out, self._ended = self._ended, []
        while self._waiting and len(self._running) < self._capacity:
            flight = self._waiting.pop(0)
            try:
                words = re.findall(r"\s*\S+|\s+$", self._script(flight.request))
            except OrcaError as error:
                out += flight.end("error", error.message)
            else:
                self._running[flight.request.id] = flight, words
        for flight, words in list(self._running.values()):
            word = words.pop(0) if words else None
            deltas, reason = flight.take(0, (word or "").encode(), is_end=word is None)
            out += deltas
            if reason:
                del self._running[flight.request.id]
                out += flight.end(reason)
        return out

    def close(self) -> None:
        """Nothing to free. Safe to call twice."""
        self.closed = True
