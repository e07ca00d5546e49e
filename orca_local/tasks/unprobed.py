"""Tasks for which the probe cannot choose a strategy, because no sample measures it."""

from __future__ import annotations

from orca_local.kinds.table import KINDS
from orca_local.store.store import Store

UNPROBED_REMEDY = (
    'add lines with "split": "probe", or choose its strategy yourself: `orca-local tasks choose {!r} STRATEGY`'
)
"""What to do about such a task; takes its name."""


def unprobed_tasks(store: Store) -> list[str]:
    """Return the tasks with training samples that have a score, no probe samples with one, and no chosen strategy."""
    scored: dict[str, set[str]] = {"probe": set(), "train": set(), "holdout": set()}
    for row in store.samples.split_counts():
        if (kind := KINDS.get(row.kind)) is not None and kind.is_scored:
            scored[row.split].add(row.task)
    return sorted(scored["train"] - scored["probe"] - set(store.selections.current()))
