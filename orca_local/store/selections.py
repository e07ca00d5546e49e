"""The selected strategy of each task, and the evidence for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from orca_local.store.connection import Connection
from orca_local.store.encoding import utc_now

BY_HAND = "hand"
"""`chosen_by` of a choice by hand, which no measurement replaces."""

_COLUMNS = "run_id, task, strategy, accuracy, ci_low, ci_high, samples, decided, method, alpha, reason, chosen_by"


@dataclass(frozen=True, slots=True)
class SelectionRow:
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


class Selections:
    """The table `selections`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
        rows = self._connection.rows(f"SELECT {_COLUMNS} FROM selections ORDER BY task, chosen_by = ?, id", [BY_HAND])
        return {row["task"]: SelectionRow(**{**dict(row), "decided": bool(row["decided"])}) for row in rows}

    def count(self) -> tuple[int, int]:
        """The number of tasks with a selection, and of those whose selection is decided."""
        row = self._connection.row(
            "SELECT count(*), coalesce(sum(decided), 0) FROM (SELECT decided, row_number() OVER"
            " (PARTITION BY task ORDER BY chosen_by = ? DESC, id DESC) AS place FROM selections) WHERE place = 1",
            [BY_HAND],
        )
        assert row is not None
        return int(row[0]), int(row[1])

    def clear_by_hand(self, task: str) -> None:
        """Remove the choice by hand, so that the measured selection is used again."""
        self._connection.execute("DELETE FROM selections WHERE task = ? AND chosen_by = ?", [task, BY_HAND])
