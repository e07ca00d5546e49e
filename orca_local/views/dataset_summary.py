"""The result of the newest dataset build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orca_local.store.runs import RunRow
from orca_local.store.store import Store


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """Counts of one dataset build."""

    run: RunRow
    rows: int
    """Number of training rows."""
    dropped: Mapping[str, int]
    """Number of answers that became no row, by reason."""
    tokens: int
    """Number of tokens in all rows."""
    loss_tokens: int
    """Number of these tokens that the loss counts."""


def load_build_summary(store: Store) -> BuildSummary | None:
    """The counts of the newest build; None if there is no build or it did not finish."""
    run = store.runs.newest_by_stage().get("dataset")
    finished = store.runs.last_of(run.run_id, "StageFinished") if run is not None else None
    if run is None or finished is None:
        return None
    summary = finished.payload["summary"]
    return BuildSummary(run, summary["rows"], summary["dropped"], summary["tokens"], summary["loss_tokens"])
