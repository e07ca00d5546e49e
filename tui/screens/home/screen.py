"""The first screen: the stages, what to do next and recent runs; without a workspace, how to create one."""

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
from orca_local.views.overview import StageView, load_overview, next_stage
from tui.screens.base import WorkspaceScreen
from tui.screens.home.strip import MARKS, Strip
from tui.screens.home.welcome import find_workspace, render_welcome
from tui.text import plain
from tui.widgets.listing import Listing
from tui.widgets.live_text import LiveText
from tui.widgets.run_list import run_list

if TYPE_CHECKING:
    from tui.messages import RunNews

RECENT = 50
"""Number of runs in the list."""


class HomeScreen(WorkspaceScreen):
    """The state of the whole pipeline."""

    CSS_PATH = "home.tcss"
    HELP = (
        "The state of every stage. `g` starts the next stage, `r` runs all of them; the digits open the screens. What "
        "sends calls to an endpoint shows an estimate and the limits first."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "go", "Next stage"),
        Binding("r", "run_all", "Run all"),
        Binding("x", "cancel", "Stop run"),
        Binding("s", "quickstart", "Quickstart"),
        Binding("n", "create", "New"),
        Binding("o", "open", "Open"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._next: StageView | None = None
        self._nearby: Path | None = None
        """A workspace below this directory, which is offered if this is none."""

    def compose_body(self) -> ComposeResult:
        """The stages, the next step and the runs; or the welcome."""
        yield Strip(id="strip")
        yield LiveText(id="next")
        recent = run_list(id="recent")
        recent.border_title = "Recent runs"
        yield recent
        with Container(id="welcome"):
            yield Static(plain(render_welcome(self._nearby)))

    def on_mount(self) -> None:
        """Show the welcome or the stages."""
        self._show_kind()
        if self._is_new:
            self.attempt(self._find_nearby, "nearby")

    async def _find_nearby(self) -> None:
        self._nearby = await asyncio.to_thread(find_workspace, self.orca.directory)
        self.query_one("#welcome Static", Static).update(plain(render_welcome(self._nearby)))
        self.refresh_bindings()

    def on_screen_resume(self) -> None:
        """Show the stages if a workspace was opened meanwhile."""
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
        """Offer only the keys that apply now."""
        if action in ("quickstart", "create"):
            return self._is_new
        if action == "open":
            return self._is_new and self._nearby is not None
        if action in ("go", "run_all", "cancel"):
            return self.orca.workspace is not None
        return True

    async def load(self) -> None:
        """Show the stages and runs."""
        if self.orca.workspace is None:
            return
        stages, runs = await self.call_store(lambda store: (load_overview(store), store.runs.list(limit=RECENT)))
        self.query_one(Strip).show(stages)
        self._next = next_stage(stages)
        self.query_one("#next", LiveText).set_text(_advice(stages, self._next))
        self.query_one(Listing).show(runs)

    def follow(self, news: RunNews) -> None:
        """Reload after every event of any run."""
        self.load_soon()

    def action_go(self) -> None:
        """Start the next stage, or open the screen that imports tasks."""
        if self._next is None:
            self.notify("no stage is left to start")
        elif self._next.name == "tasks":
            self.app.switch_mode("tasks")
        else:
            self.orca.begin(*BY_NAME[self._next.name].command)

    def action_run_all(self) -> None:
        """Run all stages, one after another."""
        self.orca.begin("run")

    def action_quickstart(self) -> None:
        """Create the quickstart's workspace and run all stages."""
        self._create("orca-quickstart", quickstart=True)

    def action_open(self) -> None:
        """Open the workspace below this directory."""
        assert self._nearby is not None
        self._begin(partial(self.orca.open_workspace, self._nearby))

    def action_create(self) -> None:
        """Create a workspace in the current directory."""
        self._create(".", quickstart=False)

    def _create(self, name: str, *, quickstart: bool) -> None:
        self._begin(partial(self.orca.create_workspace, self.orca.directory / name, quickstart=quickstart))

    def _begin(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Create or open a workspace, unless that is being done already."""
        if not any(worker.group == "create" and worker.is_running for worker in self.workers):
            self.attempt(job, "create", holds_keys=True)


def _advice(stages: list[StageView], following: StageView | None) -> str:
    running = next((stage for stage in stages if stage.state == "running"), None)
    if running is not None:
        return f"{MARKS['running']} {running.name} is running; it continues if you close this program"
    if following is None:
        return "✓ All stages are done: press 8 to chat with the base and the tuned model side by side"
    key = "2" if following.name == "tasks" else "g"
    return f"Next: press {key} to {following.action}"
