"""Follow a run from outside its process, and end it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

from orca_local.domain.errors import InputError
from orca_local.store.runs import EventRow, RunRow
from orca_local.store.store import Store
from orca_local.system.processes import host_name, is_running

POLL_SECONDS = 0.25


def follow(store: Store, run_id: int) -> Iterator[EventRow]:
    """The events of a run from its first to its last, and those of the runs that its process begins after it.

    One command may be several runs: `probe` makes the base first. Where the run has ended, its events come at once.
    """
    run: RunRow | None = store.runs.get(run_id)
    while run is not None:
        was_running = run.status == "running"
        yield from _events(store, run.run_id)
        run = _next_run(store, run, wait=was_running)


def _events(store: Store, run_id: int) -> Iterator[EventRow]:
    seen = 0
    while True:
        # Asked before the events are read: what a run writes, it writes before it ends.
        is_over = store.runs.get(run_id).status != "running"
        for event in store.runs.events(run_id, seen):
            seen = event.seq
            yield event
        if is_over:
            return
        time.sleep(POLL_SECONDS)


def _next_run(store: Store, run: RunRow, *, wait: bool) -> RunRow | None:
    """What the same process began after it; it is waited for while the process lives."""
    while True:
        lives = wait and run.host == host_name() and is_running(run.pid, run.process_started)
        later = [other for other in store.runs.list(after=run.run_id) if other.process == run.process]
        if later:
            return later[-1]
        if not lives:
            return None
        time.sleep(POLL_SECONDS)


def cancel(store: Store, run_id: int) -> RunRow:
    """Ask a run to end, as Ctrl-C does: what it has done is kept, and the same command goes on from there.

    A training finishes its step and saves it first; asked a second time, it ends at once. Raises `InputError` where
    there is nothing to end, and where the run is on another machine.
    """
    run = store.runs.get(run_id)
    if run.status != "running":
        raise InputError(f"run {run_id} ({run.stage}) is not running: it is {run.status}", hint=_LIST)
    if run.host != host_name():
        raise InputError(f"run {run_id} runs on {run.host}", hint=f"there: `kill {run.pid}`")
    if not is_running(run.pid, run.process_started):
        raise InputError(f"the process of run {run_id} ({run.pid}) is gone already", hint=_LIST)
    os.kill(run.pid, signal.SIGTERM)
    return run


def wait_for_end(store: Store, run_id: int, seconds: float) -> RunRow:
    """The run, when it has ended or the time is over."""
    until = time.monotonic() + seconds
    while (run := store.runs.get(run_id)).status == "running" and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    return run


_LIST = "see `orca-local runs list`"
