"""The matrix of tasks and strategies as the store has it: during a probe, after it, and with choices by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orca_local.domain.statistics import Interval
from orca_local.domain.types import Sample
from orca_local.probe.choose import Cell
from orca_local.store.measurements import MeasurementRow
from orca_local.store.runs import RunRow
from orca_local.store.selections import BY_HAND, SelectionRow
from orca_local.store.store import Store

LOOKED_AT = 20
"""Newest runs among which a probe with measurements is looked for."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task under all strategies."""

    task: str
    cells: Mapping[str, Cell]
    """By strategy; those that were measured."""
    left: frozenset[str]
    """Strategies that the race measures no further."""
    selection: SelectionRow | None
    """What was chosen; None while nothing is."""

    @property
    def leader(self) -> str:
        """The chosen strategy, else the one that is ahead; empty where nothing was measured."""
        if self.selection is not None:
            return self.selection.strategy
        return max(self.cells.values(), key=lambda cell: (cell.accuracy, cell.n)).strategy if self.cells else ""

    @property
    def is_open(self) -> bool:
        """Whether the choice could still be another one with more samples."""
        return self.selection is None or (not self.selection.decided and self.selection.chosen_by != BY_HAND)


@dataclass(frozen=True, slots=True)
class Matrix:
    """What the newest probe measured."""

    run: RunRow
    strategies: tuple[str, ...]
    rows: tuple[TaskRow, ...]

    def interval(self, cell: Cell) -> Interval:
        """Of a cell's accuracy, at the error level of the run."""
        return cell.interval(float(self.run.settings.get("probe", {}).get("alpha", 0.05)))


@dataclass(frozen=True, slots=True)
class Answered:
    """One sample of a cell and what the student made of it."""

    sample: Sample
    measurement: MeasurementRow


def read_matrix(store: Store, order: Sequence[str] = ()) -> Matrix | None:
    """The matrix of the newest probe that measured anything, strategies in `order`; None where there is none."""
    for run in store.runs.list(limit=LOOKED_AT):
        if run.stage == "probe" and (cells := store.measurements.cells(run.run_id)):
            break
    else:
        return None
    by_task: dict[str, dict[str, Cell]] = {}
    for row in cells:
        cell = Cell(row.strategy, row.n, row.score_sum, row.extracted, row.completion_tokens)
        by_task.setdefault(row.task, {})[row.strategy] = cell
    left: dict[str, set[str]] = {}
    for event in store.runs.events_of_kind(run.run_id, "StrategyLeft"):
        left.setdefault(event.payload["task"], set()).add(event.payload["strategy"])
    selections = store.selections.current()
    rows = tuple(
        TaskRow(task, found, frozenset(left.get(task, ())), _of_run(selections.get(task), run))
        for task, found in by_task.items()
    )
    measured = {row.strategy for row in cells}
    names = [name for name in order if name in measured]
    return Matrix(run, (*names, *sorted(measured - set(names))), rows)


def _of_run(selection: SelectionRow | None, run: RunRow) -> SelectionRow | None:
    """A choice that this run made, or a person: an earlier run's says nothing of these cells."""
    if selection is None or (selection.chosen_by != BY_HAND and selection.run_id != run.run_id):
        return None
    return selection


def answered(store: Store, run_id: int, task: str, strategy: str) -> list[Answered]:
    """The samples behind a cell, those with a wrong answer first."""
    rows = store.measurements.rows(run_id=run_id, task=task, strategy=strategy)
    samples = {sample.id: sample for sample in store.samples.list(split="probe", tasks=[task])}
    found = [Answered(samples[row.sample_id], row) for row in rows if row.sample_id in samples]
    return sorted(found, key=lambda item: (item.measurement.value or 0.0, item.sample.id))


def choose_by_hand(store: Store, matrix: Matrix, row: TaskRow, strategy: str) -> None:
    """Keep a person's choice for a task: no later probe overrules it."""
    cell = row.cells.get(strategy)
    interval = matrix.interval(cell) if cell is not None and cell.n else None
    store.selections.set(
        SelectionRow(
            run_id=None,
            task=row.task,
            strategy=strategy,
            accuracy=cell.accuracy if interval and cell else None,
            ci_low=interval.low if interval else None,
            ci_high=interval.high if interval else None,
            samples=cell.n if cell is not None else 0,
            decided=False,
            method="hand",
            alpha=None,
            reason="chosen by hand",
            chosen_by=BY_HAND,
        )
    )


def undo_choice(store: Store, task: str) -> None:
    """Let the measurements decide again."""
    store.selections.clear_by_hand(task)
