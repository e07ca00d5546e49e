"""Writes a run's heartbeat and events beside the stage, on its own connection."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import closing
from pathlib import Path

from orca_local.domain.errors import OrcaError
from orca_local.domain.events import Event, StageProgressed
from orca_local.store.store import Store

HEARTBEAT_SECONDS = 1.0
FLUSH_SECONDS = 0.25
"""Also the shortest time between two stored `StageProgressed`."""
LAST_TRIES = 10
"""How often the end of a run tries to write what waits."""


class RunLog:
    """A thread that stores events as they come, and says every second that the run lives.

    The stage never waits for it: what it cannot write now, because a transaction is open, it writes later.
    """

    def __init__(self, path: Path, run_id: int) -> None:
        self._path = path
        self._run_id = run_id
        self._waiting: deque[Event] = deque()
        self._progress: StageProgressed | None = None
        self._changed = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="run-log", daemon=True)
        self._thread.start()

    def add(self, event: Event) -> None:
        """Take an event; of `StageProgressed` in quick succession the last one stays."""
        with self._changed:
            if isinstance(event, StageProgressed):
                self._progress = event
                return
            self._queue_progress()
            self._waiting.append(event)

    def close(self) -> None:
        """Write what waits, and stop."""
        self._stopped.set()
        self._thread.join()

    def _queue_progress(self) -> None:
        if self._progress is not None:
            self._waiting.append(self._progress)
            self._progress = None

    def _loop(self) -> None:
        since_heartbeat = 0.0
        with closing(self._open()) as store:
            while not self._stopped.wait(FLUSH_SECONDS):
                since_heartbeat += FLUSH_SECONDS
                if self._write(store, heartbeat=since_heartbeat >= HEARTBEAT_SECONDS):
                    since_heartbeat = 0.0
            for _ in range(LAST_TRIES):
                if self._write(store, heartbeat=True):
                    return

    def _open(self) -> Store:
        """A connection that waits a short time for the write lock: the next round tries again."""
        store = Store.open(self._path)
        store.set_busy_seconds(HEARTBEAT_SECONDS)
        return store

    def _write(self, store: Store, *, heartbeat: bool) -> bool:
        """Write all that waits; returns whether the heartbeat was written."""
        with self._changed:
            self._queue_progress()
            count = len(self._waiting)
            events = list(self._waiting)
        if not events and not heartbeat:
            return False
        try:
            with store.transaction():
                for event in events:
                    store.runs.add_event(self._run_id, event.kind, event.payload())
                store.runs.heartbeat(self._run_id)
        except OrcaError:
            return False
        with self._changed:
            for _ in range(count):
                self._waiting.popleft()
        return True
