"""The summaries of finished runs: what a stage's `StageFinished` event says it did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orca_local.store.store import Store


def iter_summaries(store: Store, stage: str) -> Iterator[dict[str, Any]]:
    """The summaries of a stage's finished runs, the newest first."""
    for run in store.runs.list():
        if run.stage == stage and run.status == "done":
            # `last_of` reads one event: a long run has a hundred thousand.
            finished = store.runs.last_of(run.run_id, "StageFinished")
            if finished is not None:
                summary = finished.payload["summary"]
                assert isinstance(summary, dict)
                yield summary


def newest(store: Store, stage: str) -> dict[str, Any] | None:
    """The summary of a stage's newest finished run; None if there is none."""
    return next(iter_summaries(store, stage), None)
