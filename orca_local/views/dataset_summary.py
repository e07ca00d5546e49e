"""The result of the newest dataset build."""

from __future__ import annotations

from orca_local.domain.summaries import DatasetSummary
from orca_local.runs.summaries import summary_of
from orca_local.store.store import Store


def load_build_summary(store: Store) -> DatasetSummary | None:
    """The summary of the newest build; None if there is no build or it did not finish."""
    run = store.runs.newest_by_stage().get("dataset")
    return summary_of(store, run.run_id, DatasetSummary) if run is not None else None
