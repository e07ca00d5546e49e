"""Checks the workspace for new runs and events, cheaply enough for several times a second."""

from __future__ import annotations

import time
from copy import copy

from orca_local.runs.progress import HEAD_EVENTS, Progress
from orca_local.store.runs import EventRow, RunRow
from orca_local.store.store import Store
from tui.messages import RunNews

STATUS_CHECK_SECONDS = 2.0
"""Seconds after which a silent run is checked anyway: its process may be gone."""
MAX_FIRST_EVENTS = 200
"""Number of events read when a run is seen for the first time."""


class RunWatcher:
    """Remembers what it has reported. Used in the store's thread."""

    def __init__(self) -> None:
        self._version = -1
        self._checked_at = 0.0
        self._run: RunRow | None = None
        self._followed_run_id = self._last_seq = 0
        """The run whose events were read, and the number of the last one."""
        self._progress = Progress()

    def check(self, store: Store) -> RunNews | None:
        """Return what changed since the last call, or None."""
        version, now = store.changes(), time.monotonic()
        is_running = self._run is not None and self._run.status == "running"
        is_due = is_running and now - self._checked_at >= STATUS_CHECK_SECONDS
        if version == self._version and not is_due:
            return None
        before, self._checked_at = self._run, now
        self._run = _current_run(store)
        events = self._new_events(store)
        if version == self._version and self._run == before and not events:
            return None
        self._version = version
        return RunNews(self._run, copy(self._progress), tuple(events))

    def _new_events(self, store: Store) -> list[EventRow]:
        run = self._run
        if run is None:
            return []
        if self._followed_run_id != run.run_id:
            self._followed_run_id, self._last_seq, self._progress = run.run_id, 0, Progress()
            self._progress.add(store.runs.first_events(run.run_id, HEAD_EVENTS))
            events = store.runs.last_events(run.run_id, MAX_FIRST_EVENTS)
        else:
            events = store.runs.events(run.run_id, self._last_seq)
        if events:
            self._last_seq = events[-1].seq
        self._progress.add(events)
        return events


def _current_run(store: Store) -> RunRow | None:
    """The running run, else the newest one."""
    newest = store.runs.list(limit=5)
    return next((run for run in newest if run.status == "running"), newest[0] if newest else None)
