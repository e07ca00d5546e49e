"""Runs an engine in a thread of its own, for the requests of an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

from orca_local.domain.errors import OrcaError
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Completion, FinishReason, Request, TextDelta
from orca_local.engines.base import Engine

Listener = Callable[[TextDelta | Completion], None]
"""Gets what the engine makes of one request. It is called in the engine's thread."""


class _Submit(Frozen):
    request: Request
    listener: Listener


class EngineThread:
    """Steps an engine as long as it has requests; requests join and leave between two steps.

    `answer` and `stop` belong to one event loop. The engine belongs to the thread, from `start` until `join` returns.
    """

    def __init__(self, engine: Engine, on_bug: Callable[[BaseException], None]) -> None:
        """`on_bug` gets an exception of the engine that is not an `OrcaError`, in the engine's thread."""
        self._engine, self._on_bug = engine, on_bug
        self._commands: SimpleQueue[_Submit | str | None] = SimpleQueue()
        """What to submit, the id of a request to cancel, or None to stop."""
        self._submitted: dict[str, _Submit] = {}
        """What the engine has not answered yet, by the request's id. Only the engine's thread reads it."""
        self._waiting: dict[str, asyncio.Queue[TextDelta | Completion]] = {}
        """Where the answers in the event loop wait for their text, by the request's id."""
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether the thread takes requests."""
        return self._thread.is_alive() and not self._stopped

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def answer(self, request: Request) -> AsyncGenerator[TextDelta | Completion, None]:
        """Yield the new text of a streaming request, then its completion. Closing the generator cancels the request.

        A completion is `cancelled` if the server is stopping.
        """
        items: asyncio.Queue[TextDelta | Completion] = asyncio.Queue()
        if self._stopped:
            yield _ended(request.id, "cancelled")
            return
        loop = asyncio.get_running_loop()

        def pass_on(item: TextDelta | Completion) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(items.put_nowait, item)

        self._waiting[request.id] = items
        self._commands.put(_Submit(request, pass_on))
        try:
            while True:
                item = await items.get()
                yield item
                if isinstance(item, Completion):
                    return
        finally:
            del self._waiting[request.id]
            self._commands.put(request.id)  # without effect if it has ended

    def stop(self) -> None:
        """Cancel all requests at once. The thread ends after its present step. Safe to call twice."""
        if not self._stopped:
            self._stopped = True
            self._commands.put(None)
            for request_id, items in self._waiting.items():
                # Not by way of the thread: a step may take long, and a stream must get its end.
                items.put_nowait(_ended(request_id, "cancelled"))

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    # In the engine's thread.

    def _run(self) -> None:
        while self._obey():
            try:
                output = self._engine.step()
            except Exception as error:
                self._fail(error)
                continue
            for item in output:
                self._deliver(item)

    def _obey(self) -> bool:
        """Do what was asked for since the last step; without requests, wait for one. False: stop."""
        while True:
            try:
                command = self._commands.get(block=not self._submitted)
            except Empty:
                return True
            if command is None:
                return False
            if isinstance(command, _Submit):
                self._submit(command)
            elif self._submitted.pop(command, None):
                self._engine.cancel(command)

    def _submit(self, command: _Submit) -> None:
        try:
            self._engine.submit(command.request)
        except (OrcaError, ValueError) as error:
            command.listener(_ended(command.request.id, "error", str(error)))
        else:
            self._submitted[command.request.id] = command

    def _deliver(self, item: TextDelta | Completion) -> None:
        submitted = self._submitted.get(item.request_id)
        if submitted is None:
            return  # its client has gone
        if isinstance(item, Completion):
            del self._submitted[item.request_id]
        submitted.listener(item)

    def _fail(self, error: Exception) -> None:
        """End all requests with an error: what the engine has done with them is not known."""
        if not isinstance(error, OrcaError):
            self._on_bug(error)
        for request_id, submitted in self._submitted.items():
            with suppress(Exception):  # the thread has to go on, or all later requests would wait for ever
                self._engine.cancel(request_id)
            submitted.listener(_ended(request_id, "error", f"the engine failed: {error}"))
        self._submitted.clear()


def _ended(request_id: str, reason: FinishReason, error: str = "") -> Completion:
    return Completion(request_id, "", reason, prompt_tokens=0, completion_tokens=0, duration_ms=0, error=error)
