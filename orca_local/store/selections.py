"""The selected strategy of each task, and the evidence for it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from orca_local.domain.frozen import Frozen
from orca_local.store.connection import Table
from orca_local.store.encoding import utc_now

if TYPE_CHECKING:
    from orca_local.domain.strategies import Strategy

BY_HAND = "hand"
"""`chosen_by` of a choice by hand, which no measurement replaces."""


class SelectionRow(Frozen):
    """The selected strategy of one task."""

    run_id: int | None
    """None for a choice by hand."""
    task: str
    strategy: str
    accuracy: float | None
    ci_low: float | None
    ci_high: float | None
    samples: int
    decided: bool
    """Whether the sequential test shows that it beats every other strategy."""
    method: str
    alpha: float | None
    reason: str
    chosen_by: str
    """`probe` or `hand`."""
    scorer_version: int = 1
    """Version of the scorer that the choice was made with."""

    def is_outdated(self, scorer_version: int) -> bool:
        """Whether the probe chose it by scores of an earlier version of the scorer."""
        return self.chosen_by != BY_HAND and self.scorer_version < scorer_version


class Selections(Table):
    """The table `selections`."""

    def set(self, row: SelectionRow) -> None:
        """Store a selection; one of the same run for the same task is replaced."""
        with self._connection.transaction():
            self._connection.execute(
                "DELETE FROM selections WHERE run_id IS ? AND task = ? AND chosen_by = ?",
                [row.run_id, row.task, row.chosen_by],
            )
            self._connection.insert("selections", asdict(row) | {"created_at": utc_now()})

    def current(self) -> dict[str, SelectionRow]:
        """The current selection of each task, by task: the one by hand, else the latest."""
        query = "SELECT * FROM selections ORDER BY task, chosen_by = ?, id"
        return {row.task: row for row in self._connection.records(SelectionRow, query, [BY_HAND])}

    def count(self) -> tuple[int, int]:
        """The number of tasks with a selection, and of those whose selection is decided."""
        tasks, decided = self._connection.one(
            "SELECT count(*), coalesce(sum(decided), 0) FROM (SELECT decided, row_number() OVER"
            " (PARTITION BY task ORDER BY chosen_by = ? DESC, id DESC) AS place FROM selections) WHERE place = 1",
            [BY_HAND],
        )
        return tasks, decided

    def clear_by_hand(self, task: str) -> None:
        """Remove the choice by hand, so that the measured selection is used again."""
        self._connection.execute("DELETE FROM selections WHERE task = ? AND chosen_by = ?", [task, BY_HAND])


class Strategies(Table):
    """The table `strategies`: the texts of all that were used. A changed text is a new row beside the old one."""

    def ensure(self, strategy: Strategy) -> None:
        """Store the texts of this strategy, unless they are already stored."""
        values = asdict(strategy) | {"hash": strategy.hash, "created_at": utc_now()}
        self._connection.insert("strategies", values, "ON CONFLICT DO NOTHING")
