"""The results of the newest probe as a matrix of tasks and strategies, during the probe and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orca_local.domain.cell import Cell
from orca_local.domain.events import StrategyDropped, stored_kind
from orca_local.domain.frozen import Frozen
from orca_local.domain.statistics import Interval
from orca_local.domain.types import Sample
from orca_local.store.measurements import MeasurementRow
from orca_local.store.runs import RunRow
from orca_local.store.selections import BY_HAND, SelectionRow
from orca_local.store.store import Store

MAX_RUNS = 20
"""Number of newest runs that are searched for a probe with measurements."""


class TaskRow(Frozen):
    """The results of one task under all strategies."""

    task: str
    cells: Mapping[str, Cell]
    """Measured cells by strategy."""
    dropped: frozenset[str]
    """Strategies that the race dropped early."""
    selection: SelectionRow | None
    """The chosen strategy; None before the choice."""

    @property
    def leader(self) -> str:
        """The chosen strategy, else the best one so far; empty if nothing was measured."""
        if self.selection is not None:
            return self.selection.strategy
        return max(self.cells.values(), key=lambda cell: (cell.accuracy, cell.n)).strategy if self.cells else ""

    @property
    def is_undecided(self) -> bool:
        """Whether more samples could change the choice."""
        return self.selection is None or (not self.selection.decided and self.selection.chosen_by != BY_HAND)


class ProbeMatrix(Frozen):
    """The results of one probe."""

    run: RunRow
    strategies: tuple[str, ...]
    """The measured strategies in the order of the columns."""
    rows: tuple[TaskRow, ...]

    @property
    def alpha(self) -> float:
        """The run's error level."""
        return float(self.run.settings.get("probe", {}).get("alpha", 0.05))

    def interval(self, cell: Cell) -> Interval:
        """The interval of a cell's accuracy at the run's error level."""
        return cell.interval(self.alpha)


class SampleResult(Frozen):
    """One sample and the student's answer to it under one strategy."""

    sample: Sample
    measurement: MeasurementRow


def load_probe_matrix(store: Store, order: Sequence[str] = ()) -> ProbeMatrix | None:
    """The matrix of the newest probe with measurements, with strategies in `order`; None if there is none."""
    for run in store.runs.list(limit=MAX_RUNS):
        if run.stage == "probe" and (cells := store.measurements.cells(run.run_id)):
            break
    else:
        return None
    by_task: dict[str, dict[str, Cell]] = {}
    for row in cells:
        by_task.setdefault(row.task, {})[row.strategy] = row
    dropped: dict[str, set[str]] = {}
    for event in store.runs.events_of_kind(run.run_id, stored_kind(StrategyDropped)):
        dropped.setdefault(event.payload["task"], set()).add(event.payload["strategy"])
    selections = store.selections.current()
    rows = tuple(
        TaskRow(task, task_cells, frozenset(dropped.get(task, ())), _if_current(selections.get(task), run))
        for task, task_cells in by_task.items()
    )
    measured = {row.strategy for row in cells}
    names = [name for name in order if name in measured]
    return ProbeMatrix(run, (*names, *sorted(measured - set(names))), rows)


def load_sample_results(store: Store, run_id: int, task: str, strategy: str) -> list[SampleResult]:
    """The samples of one cell, wrong answers first."""
    rows = store.measurements.rows(run_id=run_id, task=task, strategy=strategy)
    samples = {sample.id: sample for sample in store.samples.list(split="probe", tasks=[task])}
    results = [SampleResult(samples[row.sample_id], row) for row in rows if row.sample_id in samples]
    return sorted(results, key=lambda result: (result.measurement.value or 0.0, result.sample.id))


def _if_current(selection: SelectionRow | None, run: RunRow) -> SelectionRow | None:
    """The selection if this run or a person made it: an earlier run's does not describe these cells."""
    if selection is None or (selection.chosen_by != BY_HAND and selection.run_id != run.run_id):
        return None
    return selection
