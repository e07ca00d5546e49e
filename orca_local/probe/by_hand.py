"""A strategy that a person chooses for a task."""

from __future__ import annotations

from orca_local.kinds.scoring import SCORER_VERSION
from orca_local.probe.choose import Cell
from orca_local.store.selections import BY_HAND, SelectionRow
from orca_local.store.store import Store


def choose_by_hand(store: Store, task: str, strategy: str, cell: Cell | None, alpha: float) -> None:
    """Store a person's choice, which no later probe replaces.

    `cell` is the measured result of the strategy, if any; `alpha` is the error level of its interval.
    `store.selections.clear_by_hand` removes the choice.
    """
    measured = cell if cell is not None and cell.n else None
    interval = measured.interval(alpha) if measured else None
    store.selections.set(
        SelectionRow(
            run_id=None,
            task=task,
            strategy=strategy,
            accuracy=measured.accuracy if measured else None,
            ci_low=interval.low if interval else None,
            ci_high=interval.high if interval else None,
            samples=measured.n if measured else 0,
            decided=False,
            method="hand",
            alpha=None,
            reason="chosen by hand",
            chosen_by=BY_HAND,
            scorer_version=SCORER_VERSION,
        )
    )
