"""The matrix of tasks and strategies as a heat map, choices by hand, and the samples of each cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from orca_local.domain.cell import Cell
from orca_local.domain.strategies import load_strategies
from orca_local.kinds.scoring import SCORER_VERSION
from orca_local.probe.by_hand import choose_by_hand
from orca_local.store.selections import BY_HAND
from orca_local.store.store import Store
from orca_local.views.overview import choice_figure
from orca_local.views.probe_matrix import ProbeMatrix, TaskRow, load_probe_matrix, load_sample_results
from tui.messages import RunNews
from tui.screens.base import WorkspaceScreen
from tui.screens.probe.heat_map import HeatMap
from tui.screens.probe.samples import SamplesScreen
from tui.screens.probe.start import StartProbe
from tui.text import percent
from tui.widgets.live_text import LiveText

EMPTY = """The student has not been tested yet.

It answers samples of each task with every strategy.
The strategy that works best is chosen for each task.

Press g to start."""
LEGEND = (
    "cells: accuracy, number of samples · *: best · ✎: by hand · grey: dropped early · ?: too few samples to be sure"
)


class ProbeScreen(WorkspaceScreen):
    """The heat map, and a description of the cell under the cursor."""

    STAGES: ClassVar[frozenset[str]] = frozenset({"probe"})
    CSS_PATH = "probe.tcss"
    HELP = (
        "Each cell is a strategy tried on a task. The arrow keys move, Enter shows the cell's samples. `c` chooses its "
        "strategy for the task by hand, `u` takes that back. `n` goes to the next task marked with ?. `g` starts a "
        "probe, `x` stops it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "start", "Probe"),
        Binding("x", "cancel", "Stop run"),
        Binding("c", "choose", "Choose"),
        Binding("u", "undo", "Undo"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._matrix: ProbeMatrix | None = None

    def compose_body(self) -> ComposeResult:
        """Counts and legend, heat map, description of the cell."""
        yield LiveText(id="about")
        yield HeatMap()
        yield LiveText(id="cell")
        yield Static(EMPTY, id="empty", classes="empty", markup=False)

    def on_mount(self) -> None:
        """Focus the heat map."""
        self.query_one(HeatMap).focus()

    async def load(self) -> None:
        """Show the newest probe."""
        order = [*load_strategies(self.workspace.directory / "strategies.toml")]
        self._matrix = await self.call_store(lambda store: load_probe_matrix(store, order))
        self.set_class(self._matrix is None, "-empty")
        if self._matrix is not None:
            self.query_one(HeatMap).show(self._matrix)
        self._show_counts()

    def follow(self, news: RunNews) -> None:
        """Update the line above after every event."""
        super().follow(news)
        self._show_counts()

    def on_heat_map_moved(self) -> None:
        """Describe the cell under the cursor."""
        row, strategy = self.query_one(HeatMap).row, self.query_one(HeatMap).strategy
        text = "" if self._matrix is None or row is None else describe_cell(self._matrix, row, strategy)
        self.query_one("#cell", LiveText).set_text(text)

    def on_heat_map_opened(self) -> None:
        """Show the samples of the cell."""
        self.attempt(self._open, "open", exclusive=True, holds_keys=True)

    def action_start(self) -> None:
        """Ask for the options and start a probe."""
        form = StartProbe(self.workspace, self.call_store)
        self.orca.ask(form, lambda options: self.orca.start_command("probe", *options))

    def action_choose(self) -> None:
        """Choose the strategy under the cursor for its task."""
        matrix, grid = self._matrix, self.query_one(HeatMap)
        row, strategy = grid.row, grid.strategy
        if matrix is not None and row is not None:
            self._change(lambda store: choose_by_hand(store, row.task, strategy, row.cells.get(strategy), matrix.alpha))

    def action_undo(self) -> None:
        """Take a choice by hand back."""
        row = self.query_one(HeatMap).row
        if row is not None and row.selection is not None and row.selection.chosen_by == BY_HAND:
            self._change(lambda store: store.selections.clear_by_hand(row.task))

    def _change(self, change: Callable[[Store], None]) -> None:
        async def job() -> None:
            await self.call_store(change)
            self.load_now()

        self.attempt(job, "change")

    async def _open(self) -> None:
        matrix, grid = self._matrix, self.query_one(HeatMap)
        row, strategy = grid.row, grid.strategy
        if matrix is None or row is None:
            return
        results = await self.call_store(lambda store: load_sample_results(store, matrix.run.run_id, row.task, strategy))
        if not results:
            self.notify("this cell has no samples yet", severity="warning")
            return
        self.app.push_screen(SamplesScreen(f"{row.task} · {strategy} · {len(results)} samples", results))

    def _show_counts(self) -> None:
        news, matrix = self.orca.news, self._matrix
        parts = []
        if matrix is not None:
            selections = [row.selection for row in matrix.rows if row.selection is not None]
            certain = sum(selection.decided for selection in selections)
            parts.append(choice_figure(len(matrix.rows), len(selections), certain))
        if news is not None and news.is_running and news.progress.tokens:
            parts.append(f"{news.progress.tokens:,} tokens")
        self.query_one("#about", LiveText).set_text(" · ".join([*parts, LEGEND]))


def describe_cell(matrix: ProbeMatrix, row: TaskRow, strategy: str) -> str:
    """The result of a strategy on a task, and on a second line the choice for the task."""
    cell, selection = row.cells.get(strategy), row.selection
    result = "not measured" if cell is None or not cell.n else _result(matrix, cell)
    choice = f"Choice: {selection.strategy}. Reason: {selection.reason}" if selection else "No strategy is chosen yet."
    if selection is not None and selection.is_outdated(SCORER_VERSION):
        choice += " Out of date: an earlier version read the answers. Press g to choose again."
    return f"{row.task} · {strategy}: {result}\n{choice}"


def _result(matrix: ProbeMatrix, cell: Cell) -> str:
    """A text such as "5 of 8 right (31–86 % likely); 75 % right in any form; …"."""
    interval = matrix.interval(cell)
    is_whole = cell.score_sum == round(cell.score_sum)
    score = (
        f"{cell.score_sum:.0f} of {cell.n} right" if is_whole else f"score {percent(cell.accuracy)} on {cell.n} samples"
    )
    return (
        f"{score} ({100 * interval.low:.0f}–{100 * interval.high:.0f} % likely); "
        f"{percent(cell.lenient_accuracy)} right in any form; {percent(cell.unreadable)} not readable; "
        f"{percent(cell.truncated)} cut off; {cell.mean_tokens:.0f} tokens each"
    )
