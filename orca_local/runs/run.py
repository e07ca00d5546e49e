"""Runs a stage: lock, row, heartbeat, stored events, and an honest ending."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

from orca_local.domain.errors import OrcaError
from orca_local.domain.events import Event, RunFailed, StageFinished
from orca_local.domain.settings import Settings
from orca_local.runs.context import StageContext
from orca_local.runs.lock import workspace_lock
from orca_local.runs.run_log import RunLog
from orca_local.runs.versions import installed_versions
from orca_local.store.store import Store
from orca_local.system.signals import signals_as_interrupt


def run_stage(
    store: Store,
    workspace_dir: Path,
    stage: str,
    settings: Settings,
    make_events: Callable[[StageContext], Iterator[Event]],
    on_event: Callable[[Event], None],
    *,
    offline: bool = False,
) -> StageFinished:
    """Run the generator that `make_events` returns to its end; returns its `StageFinished`.

    Every event goes into the run log and to `on_event`. The run ends as done, failed (an exception) or
    interrupted (Ctrl-C, SIGTERM, a closed terminal), and the exception goes on. Raises `BusyError` where
    another run holds the workspace.
    """
    with workspace_lock(store, workspace_dir, stage), signals_as_interrupt():
        run_id = store.runs.start(stage, settings.model_dump_json(), installed_versions())
        log = RunLog(store.path, run_id)
        status, error = "interrupted", ""
        try:
            finished = _drain(stage, make_events(StageContext(store, run_id, offline)), log, on_event)
            status = "done"
            return finished
        except Exception as failure:
            status = "failed"
            failed = _failed(failure)
            error = failed.message
            log.add(failed)
            raise
        finally:
            if status == "interrupted":
                store.abandon()
            log.close()
            # What ended the stage is the news, not that a full disk keeps the run's last word from being written.
            with suppress(OrcaError) if status != "done" else nullcontext():
                store.runs.finish(run_id, status, error)


def _failed(failure: Exception) -> RunFailed:
    if isinstance(failure, OrcaError):
        return RunFailed(failure.message, failure.hint)
    return RunFailed(f"{type(failure).__name__}: {failure}")


def _drain(stage: str, events: Iterator[Event], log: RunLog, on_event: Callable[[Event], None]) -> StageFinished:
    finished: StageFinished | None = None
    try:
        for event in events:
            log.add(event)
            on_event(event)
            if isinstance(event, StageFinished):
                finished = event
    finally:
        # Not left to the collector: the stage frees its model and its connections before the run is
        # marked as over. Only generators have something to close.
        close = getattr(events, "close", None)
        if close is not None:
            close()
    if finished is None:
        raise RuntimeError(f"stage {stage!r} ended without StageFinished")
    return finished
