"""`python -m tests.serve.endless_server MODEL CAPACITY QUEUE`: the server around an engine that never ends an answer.

The engine fails in its step when a prompt asks it to, as a bug would.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from orca_local.domain.types import Completion, Request, TextDelta
from orca_local.engines.base import Logits, Output
from orca_local.rows.renderer import PromptRenderer
from orca_local.serve.guard import HostRule
from orca_local.serve.server import bind, serve_model
from orca_local.system.signals import signals_as_interrupt


class EndlessEngine:
    """Implements `AdapterEngine`. `quick` in the question ends its answer at once, `broken` fails."""

    fingerprint = "endless"
    context = 2048

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._waiting: list[Request] = []
        self._running: dict[str, Request] = {}
        self._ended: Output = []

    def submit(self, request: Request) -> None:
        self._waiting.append(request)

    def step(self) -> Output:
        time.sleep(0.002)
        out, self._ended = self._ended, []
        while self._waiting and len(self._running) < self.capacity:
            request = self._waiting.pop(0)
            self._running[request.id] = request
        for request in [*self._running.values()]:
            question = request.messages[-1].content
            if "broken" in question:
                raise RuntimeError("a bug in the engine")
            if request.stream:
                out.append(TextDelta(request.id, "word "))
            if "quick" in question:
                del self._running[request.id]
                out.append(Completion(request.id, "word ", "stop", 1, 1, 1))
        return out

    def cancel(self, request_id: str) -> None:
        self._waiting = [request for request in self._waiting if request.id != request_id]
        self._running.pop(request_id, None)

    def close(self) -> None:
        """There is nothing to free."""

    def reserve(self) -> None:
        """There is nothing to reserve."""

    def set_adapter(self, path: Path | None) -> None:
        raise NotImplementedError

    def score(self, prompt_ids: Sequence[int], continuation_ids: Sequence[int]) -> Any:
        raise NotImplementedError

    def iter_logits(self, token_ids: Sequence[int], positions: Sequence[int]) -> Iterator[Logits]:
        raise NotImplementedError


def main(model: str, capacity: str, queue: str) -> None:
    """Serve until a signal."""
    with signals_as_interrupt(), bind("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        ready = {"url": f"http://127.0.0.1:{port}/v1", "model": "endless", "token": None}
        serve_model(
            "endless",
            EndlessEngine(int(capacity)),
            PromptRenderer(Path(model)),
            bound,
            system="",
            hosts=HostRule(port, is_loopback=True),
            token="",
            queue=int(queue),
            on_ready=lambda: click.echo(json.dumps(ready)),
            on_bug=traceback.print_exception,
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
