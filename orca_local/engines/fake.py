"""An engine that answers with given texts: for tests, and for trying stages without a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from orca_local.domain.errors import OrcaError
from orca_local.domain.types import Request
from orca_local.engines.active_request import ActiveRequest, cancelled
from orca_local.engines.base import Output
from orca_local.engines.request_queue import RequestQueue, check_prompt

Script = Callable[[Request], str] | Sequence[str]
"""The answers: a function of the request, or texts in order of submission. If the function raises an `OrcaError`, the
request ends with that error."""


class FakeEngine:
    """Implements `Engine`. A token is a word with the white space before it."""

    def __init__(self, script: Script, *, capacity: int = 4, context: int = 2048, fingerprint: str = "fake") -> None:
        texts = iter(() if callable(script) else script)
        self._script: Callable[[Request], str] = script if callable(script) else lambda _: next(texts)
        self.capacity = capacity
        self.fingerprint = fingerprint
        self._context = context
        self._queue = RequestQueue()
        self._running: dict[str, tuple[ActiveRequest, list[str]]] = {}
        self._ended: Output = []
        self.requests: list[Request] = []
        """All requests that were submitted."""
        self.closed = False

    def submit(self, request: Request) -> None:
        """See `Engine`."""
        check_prompt(request.token_ids, self._context)
        self._queue.add(request, self._running)
        self.requests.append(request)

    def cancel(self, request_id: str) -> None:
        """See `Engine`."""
        if request := self._queue.remove(request_id):
            self._ended += cancelled(request)
        elif running := self._running.pop(request_id, None):
            self._ended += running[0].finish("cancelled")

    def step(self) -> Output:
        """Add one word to every running answer."""
        out, self._ended = self._ended, []
        while self._queue and len(self._running) < self.capacity:
            active = ActiveRequest(self._queue.pop(), self._context)
            try:
                words = re.findall(r"\s*\S+|\s+$", self._script(active.request))
            except OrcaError as error:
                out += active.finish("error", error.message)
            else:
                self._running[active.request.id] = active, words
        for active, words in list(self._running.values()):
            word = words.pop(0) if words else None
            deltas, reason = active.append(0, (word or "").encode(), is_end=word is None)
            out += deltas
            if reason:
                del self._running[active.request.id]
                out += active.finish(reason)
        return out

    def close(self) -> None:
        """See `Engine`. There is nothing to free."""
        self.closed = True
