"""Writes the heartbeat and the events of a run, in a thread with its own database connection."""

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
"""How often events are written. Of several `StageProgressed` in that time, the last is kept."""
MAX_FINAL_TRIES = 10
"""How often the end of a run tries to write the events that are left."""


class RunLog:
    """Stores events in a thread, and a heartbeat every second.

    The stage never waits for it. Events that cannot be written during an open transaction are written later.
    """

    def __init__(self, path: Path, run_id: int) -> None:
        """Start the log of a run in the database at `path`."""
        self._path = path
        self._run_id = run_id
        self._queue: deque[Event] = deque()
        self._progress: StageProgressed | None = None
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="run-log", daemon=True)
        self._thread.start()

    def add(self, event: Event) -> None:
        """Queue an event. A `StageProgressed` replaces the one before it."""
        with self._lock:
            if isinstance(event, StageProgressed):
                self._progress = event
                return
            self._queue_progress()
            self._queue.append(event)

    def close(self) -> None:
        """Write the queued events and stop the thread."""
        self._stopped.set()
        self._thread.join()

    def _queue_progress(self) -> None:
        if self._progress is not None:
            self._queue.append(self._progress)
            self._progress = None

    def _loop(self) -> None:
        since_heartbeat = 0.0
        try:
            opened = self._open()
        except OrcaError:  # the stage finds the same, and says it
            return
        with closing(opened) as store:
            while not self._stopped.wait(FLUSH_SECONDS):
                since_heartbeat += FLUSH_SECONDS
                if self._write(store, heartbeat=since_heartbeat >= HEARTBEAT_SECONDS):
                    since_heartbeat = 0.0
            for _ in range(MAX_FINAL_TRIES):
                if self._write(store, heartbeat=True):
                    return

    def _open(self) -> Store:
        """A connection that waits only shortly for the write lock: the next round tries again."""
        store = Store.open(self._path)
        store.set_busy_seconds(HEARTBEAT_SECONDS)
        return store

    def _write(self, store: Store, *, heartbeat: bool) -> bool:
        """Write the queue; returns whether the heartbeat was written."""
        with self._lock:
            self._queue_progress()
            events = list(self._queue)
        if not events and not heartbeat:
            return False
        try:
            with store.transaction():
                for event in events:
                    store.runs.add_event(self._run_id, event.kind, event.payload())
                store.runs.heartbeat(self._run_id)
        except OrcaError:
            return False
        except Exception as error:
            if store.explain(error) is None:
                raise
            return False
        with self._lock:
            for _ in events:
                self._queue.popleft()
        return True
