"""Runs a stage: lock, row in the store, heartbeat, stored events, and the status at its end."""

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
    interrupted (Ctrl-C, SIGTERM, a closed terminal), and the exception is raised again. Raises `BusyError` if
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
        except Exception as exception:
            status = "failed"
            explained = store.explain(exception)
            failure = _failure(explained or exception)
            error = failure.message
            log.add(failure)
            if explained is not None:
                raise explained from exception
            raise
        finally:
            if status == "interrupted":
                store.abandon()
            log.close()
            # The error of the stage matters more than a full disk that keeps the status from being written.
            with suppress(OrcaError) if status != "done" else nullcontext():
                store.runs.finish(run_id, status, error)


def _failure(exception: Exception) -> RunFailed:
    if isinstance(exception, OrcaError):
        return RunFailed(exception.message, exception.hint)
    return RunFailed(f"{type(exception).__name__}: {exception}")


def _drain(stage: str, events: Iterator[Event], log: RunLog, on_event: Callable[[Event], None]) -> StageFinished:
    finished: StageFinished | None = None
    try:
        for event in events:
            log.add(event)
            on_event(event)
            if isinstance(event, StageFinished):
                finished = event
    finally:
        # Closed here, not by the garbage collector: the stage frees its model and its connections before the run
        # is marked as over. Only generators can be closed.
        close = getattr(events, "close", None)
        if close is not None:
            close()
    if finished is None:
        raise RuntimeError(f"stage {stage!r} ended without StageFinished")
    return finished
