"""Reads the summaries of finished runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from orca_local.domain.record import Record

if TYPE_CHECKING:
    from orca_local.store.store import Store

S = TypeVar("S", bound=Record)


def iter_summaries(store: Store, stage: str, kind: type[S]) -> Iterator[S]:
    """Yield the summaries of the stage's finished runs, the newest first."""
    for run in store.runs.list():
        if run.stage == stage and run.status == "done":
            summary = summary_of(store, run.run_id, kind)
            if summary is not None:
                yield summary


def newest_summary(store: Store, stage: str, kind: type[S]) -> S | None:
    """The summary of the stage's newest finished run; None if there is none."""
    return next(iter_summaries(store, stage, kind), None)


def last_summary(store: Store, stage: str, kind: type[S]) -> S | None:
    """The summary of the stage's newest run; None if there is no run or it did not finish."""
    run = store.runs.newest_by_stage().get(stage)
    return None if run is None else summary_of(store, run.run_id, kind)


def summary_of(store: Store, run_id: int, kind: type[S]) -> S | None:
    """The summary of one run; None if the run did not finish."""
    # StageFinished is the last event: a long run has a hundred thousand events before it.
    finished = store.runs.last_of(run_id, "StageFinished")
    return None if finished is None else kind.from_dict(finished.payload["summary"])
