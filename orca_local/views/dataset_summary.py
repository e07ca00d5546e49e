"""What the newest build of the dataset came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orca_local.store.runs import RunRow
from orca_local.store.store import Store


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rows that were kept, and why the others were not."""

    run: RunRow
    rows: int
    dropped: Mapping[str, int]
    """Answers by the reason why they became no row."""
    tokens: int
    loss_tokens: int
    """Tokens of all rows, and those of them that are trained."""


def newest_outcome(store: Store) -> Outcome | None:
    """Of the newest build; None where there is none, or it came to no end."""
    run = store.runs.newest_by_stage().get("dataset")
    finished = store.runs.last_of(run.run_id, "StageFinished") if run is not None else None
    if run is None or finished is None:
        return None
    summary = finished.payload["summary"]
    return Outcome(run, summary["rows"], summary["dropped"], summary["tokens"], summary["loss_tokens"])
