"""What finished runs came to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orca_local.store.store import Store


def summaries(store: Store, stage: str) -> Iterator[dict[str, Any]]:
    """The summaries of a stage's finished runs, the newest first."""
    for run in store.runs.list():
        if run.stage == stage and run.status == "done":
            # It is the last event of a run that is done: a long one has a hundred thousand before it.
            finished = store.runs.last_of(run.run_id, "StageFinished")
            if finished is not None:
                summary = finished.payload["summary"]
                assert isinstance(summary, dict)
                yield summary
