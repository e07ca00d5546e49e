"""Follows a run from outside its process, and ends it."""

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
LIST_HINT = "see `orca-local runs list`"


def follow(store: Store, run_id: int) -> Iterator[EventRow]:
    """Yield the events of a run and of the runs that its process starts after it, waiting for new ones.

    One command may start several runs: `probe` makes the base first.
    """
    run: RunRow | None = store.runs.get(run_id)
    while run is not None:
        was_running = run.status == "running"
        yield from _iter_events(store, run.run_id)
        run = _next_run(store, run, wait=was_running)


def _iter_events(store: Store, run_id: int) -> Iterator[EventRow]:
    last_seq = 0
    while True:
        # The status is read first: a run writes its last events before it ends.
        is_over = store.runs.get(run_id).status != "running"
        for event in store.runs.events(run_id, last_seq):
            last_seq = event.seq
            yield event
        if is_over:
            return
        time.sleep(POLL_SECONDS)


def _next_run(store: Store, run: RunRow, *, wait: bool) -> RunRow | None:
    """The run that the same process started after `run`; with `wait`, wait for it while the process lives."""
    while True:
        is_alive = wait and run.host == host_name() and is_running(run.pid, run.process_started)
        later = [other for other in store.runs.list(after=run.run_id) if other.process == run.process]
        if later:
            return later[-1]
        if not is_alive:
            return None
        time.sleep(POLL_SECONDS)


def cancel(store: Store, run_id: int) -> RunRow:
    """Ask a run to end, as Ctrl-C does. Its results are kept, and the same command resumes it.

    A training first finishes and saves its step; a second request ends it at once. Raises `InputError` if the run is
    not running, or runs on another machine.
    """
    run = store.runs.get(run_id)
    if run.status != "running":
        raise InputError(f"run {run_id} ({run.stage}) is not running: it is {run.status}", hint=LIST_HINT)
    if run.host != host_name():
        raise InputError(f"run {run_id} runs on {run.host}", hint=f"there: `kill {run.pid}`")
    if not is_running(run.pid, run.process_started):
        raise InputError(f"the process of run {run_id} ({run.pid}) is gone already", hint=LIST_HINT)
    os.kill(run.pid, signal.SIGTERM)
    return run


def cancel_command(store: Store, run_id: int) -> RunRow:
    """Ask the command that a run belongs to to end, and return its newest run.

    One command may be several runs: by now it may be at the next one, or between two. Raises as `cancel` does.
    """
    run = store.runs.get(run_id)
    run = next((other for other in store.runs.list(after=run_id) if other.process == run.process), run)
    is_ours = run.host == host_name() and is_running(run.pid, run.process_started)
    if run.status == "running" or not is_ours:
        return cancel(store, run.run_id)
    os.kill(run.pid, signal.SIGTERM)
    return run


def wait_for_end(store: Store, run_id: int, seconds: float) -> RunRow:
    """Wait until the run has ended, for at most `seconds`; returns the run."""
    deadline = time.monotonic() + seconds
    while (run := store.runs.get(run_id)).status == "running" and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return run
