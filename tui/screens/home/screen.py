"""The first screen: the pipeline, what to do next, recent runs; without a workspace, the way to one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from orca_local.domain.stages import BY_NAME
from orca_local.views.overview import StageView, next_stage, overview
from tui.screens.base import WorkspaceScreen
from tui.screens.home.strip import MARKS, Strip
from tui.screens.home.welcome import nearby, welcome
from tui.text import plain
from tui.widgets.listing import Listing
from tui.widgets.run_list import run_list
from tui.widgets.words import Words

if TYPE_CHECKING:
    from orca_local.store.runs import RunRow
    from orca_local.store.store import Store
    from tui.messages import News

RECENT = 50


class HomeScreen(WorkspaceScreen):
    """The pipeline at a glance."""

    MODE = "home"
    CSS_PATH = "home.tcss"
    HELP = "Where the workspace stands. `g` starts the next stage; digits lead to the screens."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "go", "Next stage"),
        Binding("r", "run_all", "Run all"),
        Binding("x", "cancel", "End run"),
        Binding("s", "quickstart", "Quickstart"),
        Binding("n", "create", "New"),
        Binding("o", "open", "Open"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._next: StageView | None = None
        self._near: Path | None = None
        """A workspace that is offered where there is none here."""

    def compose_body(self) -> ComposeResult:
        """Strip, next step, runs; or a welcome."""
        yield Strip(id="strip")
        yield Words(id="next")
        recent = run_list(id="recent")
        recent.border_title = "Recent runs"
        yield recent
        with Container(id="welcome"):
            yield Static(plain(welcome(self._near)))

    def on_mount(self) -> None:
        """What kind of home this is."""
        self._show_kind()
        if self._is_new:
            self.attempt(self._look_nearby, "nearby")

    async def _look_nearby(self) -> None:
        self._near = await asyncio.to_thread(nearby, self.orca.directory)
        self.query_one("#welcome Static", Static).update(plain(welcome(self._near)))
        self.refresh_bindings()

    def on_screen_resume(self) -> None:
        """It may no longer be the home of nothing."""
        if self._is_drawn:
            self._show_kind()
        super().on_screen_resume()

    @property
    def _is_new(self) -> bool:
        return self.orca.workspace is None and not self.orca.is_opening

    def _show_kind(self) -> None:
        self.set_class(self._is_new, "-new")
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that mean something here and now."""
        if action in ("quickstart", "create"):
            return self._is_new
        if action == "open":
            return self._is_new and self._near is not None
        if action in ("go", "run_all", "cancel"):
            return self.orca.workspace is not None
        return True

    async def load(self) -> None:
        """Stages and runs."""
        if self.orca.workspace is None:
            return
        stages, runs = await self.ask(_read)
        self.query_one(Strip).show(stages)
        self._next = next_stage(stages)
        self.query_one("#next", Words).say(_advice(stages, self._next))
        self.query_one(Listing).show(runs)

    def follow(self, news: News) -> None:
        """Every run concerns this screen."""
        self.load_soon()

    def action_go(self) -> None:
        """Start the next stage, or go where tasks are imported."""
        if self._next is None:
            self.notify("nothing is left to start")
        elif self._next.name == "tasks":
            self.app.switch_mode("tasks")
        else:
            self.orca.start_command(*BY_NAME[self._next.name].command)

    def action_run_all(self) -> None:
        """All stages, one after another."""
        self.orca.start_command("run")

    def action_cancel(self) -> None:
        """End the run that goes on."""
        self.orca.cancel_run()

    def action_quickstart(self) -> None:
        """Make the quickstart's workspace and run it."""
        self._create("orca-quickstart", quickstart=True)

    def action_open(self) -> None:
        """Open the workspace nearby."""
        assert self._near is not None
        self._begin(partial(self.orca.open, self._near))

    def action_create(self) -> None:
        """Make a workspace in the current directory."""
        self._create(".", quickstart=False)

    def _create(self, name: str, *, quickstart: bool) -> None:
        self._begin(partial(self.orca.create, self.orca.directory / name, quickstart=quickstart))

    def _begin(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Make or open a workspace; asked twice, it is done once."""
        if not any(worker.group == "create" and worker.is_running for worker in self.workers):
            self.attempt(job, "create")


def _read(store: Store) -> tuple[list[StageView], list[RunRow]]:
    return overview(store), store.runs.list(limit=RECENT)


def _advice(stages: list[StageView], following: StageView | None) -> str:
    running = next((stage for stage in stages if stage.state == "running"), None)
    if running is not None:
        return f"{MARKS['running']} {running.name} is running; you may leave, it goes on"
    if following is None:
        return "✓ all done: press 8 to chat with base and tuned side by side"
    key = "2" if following.name == "tasks" else "g"
    return f"next: {following.name}, {following.action}  ({key})"
