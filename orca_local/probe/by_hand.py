"""A strategy that a person chooses for a task."""

from __future__ import annotations

from orca_local.domain.cell import Cell
from orca_local.kinds.scoring import SCORER_VERSION
from orca_local.store.selections import BY_HAND, SelectionRow
from orca_local.store.store import Store


def choose_by_hand(store: Store, task: str, strategy: str, cell: Cell | None, alpha: float) -> None:
    """Store a person's choice, which no later probe replaces.

    `cell` is the measured result of the strategy, if any; `alpha` is the error level of its interval.
    `store.selections.clear_by_hand` removes the choice.
    """
    accuracy, low, high, samples = measured_figures(cell, alpha) if cell and cell.n else (None, None, None, 0)
    store.selections.set(
        SelectionRow(
            run_id=None,
            task=task,
            strategy=strategy,
            accuracy=accuracy,
            ci_low=low,
            ci_high=high,
            samples=samples,
            decided=False,
            method="hand",
            alpha=None,
            reason="chosen by hand",
            chosen_by=BY_HAND,
            scorer_version=SCORER_VERSION,
        )
    )


def measured_figures(cell: Cell, alpha: float) -> tuple[float, float, float, int]:
    """The figures of a cell that are stored with a choice: accuracy, ends of its interval, number of samples."""
    return cell.accuracy, *cell.interval(alpha), cell.n
