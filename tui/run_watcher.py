"""Looks at the workspace a few times a second, cheaply, and finds what runs have done since."""

from __future__ import annotations

import time
from copy import copy

from orca_local.runs.progress import HEAD_EVENTS, Progress
from orca_local.store.runs import EventRow, RunRow
from orca_local.store.store import Store
from tui.messages import News

DEATH_SECONDS = 2.0
"""How often a run that says nothing is looked at all the same: its process may be gone."""
FIRST_EVENTS = 200
"""Events that are read of a run which went on before it was looked at."""


class Watch:
    """What was seen so far. Used in the store's thread."""

    def __init__(self) -> None:
        self._version = -1
        self._looked = 0.0
        self._run: RunRow | None = None
        self._followed = self._seen = 0
        """Id of the run whose events were read, and number of the last of them."""
        self._progress = Progress()

    def look(self, store: Store) -> News | None:
        """What is new; None where nothing is."""
        version, now = store.changes(), time.monotonic()
        is_running = self._run is not None and self._run.status == "running"
        is_due = is_running and now - self._looked >= DEATH_SECONDS
        if version == self._version and not is_due:
            return None
        was = self._run
        self._looked = now
        self._run = _current(store)
        events = self._new_events(store)
        if version == self._version and self._run == was and not events:
            return None
        self._version = version
        return News(self._run, copy(self._progress), tuple(events))

    def _new_events(self, store: Store) -> list[EventRow]:
        run = self._run
        if run is None:
            return []
        if self._followed != run.run_id:
            self._followed, self._seen, self._progress = run.run_id, 0, Progress()
            self._progress.add(store.runs.first_events(run.run_id, HEAD_EVENTS))
            events = store.runs.last_events(run.run_id, FIRST_EVENTS)
        else:
            events = store.runs.events(run.run_id, self._seen)
        if events:
            self._seen = events[-1].seq
        self._progress.add(events)
        return events


def _current(store: Store) -> RunRow | None:
    """The run that is going on, else the newest."""
    newest = store.runs.list(limit=5)
    return next((run for run in newest if run.status == "running"), newest[0] if newest else None)
