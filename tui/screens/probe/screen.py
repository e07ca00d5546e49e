"""The strategy matrix as a heat map, filling live; choices by hand; the samples behind each cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from orca_local.domain.strategies import load_strategies
from orca_local.store.selections import BY_HAND
from orca_local.store.store import Store
from orca_local.views.probe_matrix import Matrix, answered, choose_by_hand, read_matrix, undo_choice
from tui.messages import News
from tui.screens.base import WorkspaceScreen
from tui.screens.probe.heat_map import HeatMap
from tui.screens.probe.samples import SamplesScreen
from tui.screens.probe.start import StartProbe
from tui.text import percent
from tui.widgets.words import Words

EMPTY = """Nothing was probed yet.

The student answers samples of each task under every strategy;
per task, the one that suits it best is chosen.

Press g to start."""
LEGEND = "accuracy % and samples · * leads · ✎ by hand · dim: left the race · ? not decided"


class ProbeScreen(WorkspaceScreen):
    """Task × strategy."""

    MODE = "probe"
    STAGES: ClassVar[frozenset[str]] = frozenset({"probe"})
    CSS_PATH = "probe.tcss"
    HELP = "Arrows move, Enter shows the samples of a cell, `c` chooses its strategy by hand, `u` takes that back."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "start", "Probe"),
        Binding("x", "cancel", "End run"),
        Binding("c", "choose", "Choose"),
        Binding("u", "undo", "Undo"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._matrix: Matrix | None = None

    def compose_body(self) -> ComposeResult:
        """What goes on, the map, the cell under the cursor."""
        yield Words(id="about")
        yield HeatMap()
        yield Words(id="cell")
        yield Static(EMPTY, id="empty", classes="empty", markup=False)

    def on_mount(self) -> None:
        """Keys go to the map."""
        self.query_one(HeatMap).focus()

    async def load(self) -> None:
        """The matrix of the newest probe."""
        workspace = self.orca.workspace
        assert workspace is not None
        order = [*load_strategies(workspace.directory / "strategies.toml")]
        self._matrix = await self.ask(lambda store: read_matrix(store, order))
        self.set_class(self._matrix is None, "-empty")
        if self._matrix is not None:
            self.query_one(HeatMap).show(self._matrix)
        self._say()

    def follow(self, news: News) -> None:
        """The line above moves with every event, the map at its own pace."""
        super().follow(news)
        self._say()

    def on_heat_map_moved(self) -> None:
        """Say in words what the cell holds."""
        self.query_one("#cell", Words).say(self._words())

    def on_heat_map_opened(self) -> None:
        """Its samples."""
        self.attempt(self._open, "open", exclusive=True)

    def action_start(self) -> None:
        """After a look at what it takes."""
        orca = self.orca
        assert orca.workspace is not None and orca.reading is not None

        def answered_dialog(options: list[str] | None) -> None:
            if options is not None:
                orca.start_command("probe", *options)

        orca.push_screen(StartProbe(orca.workspace, orca.reading), answered_dialog)

    def action_cancel(self) -> None:
        """End the run that goes on."""
        self.orca.cancel_run()

    def action_choose(self) -> None:
        """The strategy under the cursor, by hand."""
        matrix, grid = self._matrix, self.query_one(HeatMap)
        row, strategy = grid.row, grid.strategy
        if matrix is not None and row is not None:
            self._change(lambda store: choose_by_hand(store, matrix, row, strategy))

    def action_undo(self) -> None:
        """Let the measurements decide again."""
        row = self.query_one(HeatMap).row
        if row is not None and row.selection is not None and row.selection.chosen_by == BY_HAND:
            self._change(lambda store: undo_choice(store, row.task))

    def _change(self, change: Callable[[Store], None]) -> None:
        async def job() -> None:
            await self.ask(change)
            self.load_now()

        self.attempt(job, "change")

    async def _open(self) -> None:
        matrix, grid = self._matrix, self.query_one(HeatMap)
        row, strategy = grid.row, grid.strategy
        if matrix is None or row is None:
            return
        found = await self.ask(lambda store: answered(store, matrix.run.run_id, row.task, strategy))
        if not found:
            self.notify("nothing was measured there yet", severity="warning")
            return
        self.app.push_screen(SamplesScreen(f"{row.task} · {strategy} · {len(found)} samples", found))

    def _say(self) -> None:
        news, matrix = self.orca.news, self._matrix
        parts = []
        if matrix is not None:
            chosen = sum(row.selection is not None for row in matrix.rows)
            decided = sum(not row.is_open for row in matrix.rows)
            parts.append(f"{len(matrix.rows)} tasks, {chosen} chosen, {decided} decided")
        if news is not None and news.is_running and news.progress.tokens:
            parts.append(f"{news.progress.tokens:,} tokens")
        self.query_one("#about", Words).say(" · ".join([*parts, LEGEND]))

    def _words(self) -> str:
        matrix, grid = self._matrix, self.query_one(HeatMap)
        row = grid.row
        if matrix is None or row is None:
            return ""
        cell = row.cells.get(grid.strategy)
        where = f"{row.task} · {grid.strategy}"
        if cell is None or not cell.n:
            return f"{where}: not measured"
        interval = matrix.interval(cell)
        said = (
            f"{where}: {percent(cell.accuracy)} [{100 * interval.low:.0f}, {100 * interval.high:.0f}] of {cell.n}, "
            f"an answer found in {percent(cell.extracted / cell.n)}, {cell.cost:.0f} tokens each"
        )
        return said + (
            f"\n{row.selection.strategy}: {row.selection.reason}" if row.selection else "\nnothing chosen yet"
        )
