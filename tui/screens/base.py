"""The base of all screens: status line, footer, access to the store, and reloading during a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Footer, Static

from orca_local.domain.errors import OrcaError
from tui.app import TOO_SMALL, OrcaApp
from tui.messages import RunNews, RunsChanged
from tui.widgets.navigation import Navigation
from tui.widgets.status_bar import StatusBar
from tui.workers import start_job

if TYPE_CHECKING:
    from orca_local.runs.workspace import Workspace
    from orca_local.store.store import Store

T = TypeVar("T")

MIN_WIDTH, MIN_HEIGHT = 80, 24
RELOAD_SECONDS = 1.0
"""Minimum time between two reloads during a run; at least ten times what a reload takes."""


class WorkspaceScreen(Screen[None]):
    """A screen of the workspace. Subclasses show everything in `load`, and react to runs in `follow`."""

    DEFAULT_CSS = """
    WorkspaceScreen { layout: vertical;
      #body { height: 1fr; }
      #too-small { display: none; height: 1fr; content-align: center middle; text-align: center; }
      &.-too-small #body, &.-too-small Navigation, &.-too-small Footer { display: none; }
      &.-too-small #too-small { display: block; }
    }
    """
    STAGES: ClassVar[frozenset[str]] = frozenset()
    """Stages whose runs make the screen reload."""

    def __init__(self) -> None:
        super().__init__()
        self._loaded_at = 0.0
        self._loaded_workspace: Workspace | None = None
        self._load_seconds = 0.0
        """Duration of the last load."""
        self._is_reload_due = self._is_drawn = False
        self._holds_keys = False
        """Whether keys wait for the current load, or for one that replaces it."""

    @property
    def orca(self) -> OrcaApp:
        """The app."""
        assert isinstance(self.app, OrcaApp)
        return self.app

    @property
    def workspace(self) -> Workspace:
        """The workspace, which is open."""
        assert self.orca.workspace is not None
        return self.orca.workspace

    def compose(self) -> ComposeResult:
        """Yield status line, navigation, the screen's own widgets, and footer."""
        yield StatusBar()
        yield Navigation()
        with Container(id="body"):
            yield from self.compose_body()
        yield Static(f"orca-local needs at least {MIN_WIDTH} × {MIN_HEIGHT} characters\nctrl+q: quit", id="too-small")
        yield Footer(show_command_palette=False)

    def compose_body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        raise NotImplementedError

    async def load(self) -> None:
        """Read the workspace and show it."""

    def follow(self, news: RunNews) -> None:
        """React to a run: by default, reload if it is one of `STAGES`."""
        is_relevant = news.run is not None and news.run.stage in self.STAGES
        if is_relevant and (news.events or not news.is_running):
            self.load_soon()

    async def call_store(self, function: Callable[[Store], T]) -> T:
        """Return `function(store)`, run in the store's thread."""
        assert self.orca.store_reader is not None
        return await self.orca.store_reader.call(function)

    def load_soon(self) -> None:
        """Reload as soon as the minimum time has passed; several calls lead to one reload."""
        if self._is_reload_due:
            return
        self._is_reload_due = True
        pause = max(RELOAD_SECONDS, 10 * self._load_seconds)
        self.set_timer(max(0.01, self._loaded_at + pause - time.monotonic()), self.load_now)

    def load_now(self, *, holds_keys: bool = False) -> None:
        """Reload immediately. With `holds_keys`, keys that are typed meanwhile wait for it."""
        self._is_reload_due = False
        # What keys mean depends on what is loaded: without tasks, `/` of the task list does nothing.
        is_first = not self._loaded_at or self._loaded_workspace is not self.orca.workspace
        self._holds_keys = self._holds_keys or holds_keys or is_first
        self.attempt(self._load, "load", exclusive=True, holds_keys=self._holds_keys)

    def attempt(
        self,
        job: Callable[[], Coroutine[Any, Any, None]],
        group: str,
        *,
        exclusive: bool = False,
        holds_keys: bool = False,
    ) -> None:
        """Run a job in the background and show an `OrcaError` that it raises.

        With `exclusive`, it replaces others of its group. With `holds_keys`, keys that are typed meanwhile wait until
        it has ended: needed where it opens a dialog, or loads what the next key acts on.
        """

        async def run() -> None:
            try:
                await job()
            except OrcaError as error:
                self.orca.show_error(error)

        start_job(self, run, group=group, exclusive=exclusive, holds_keys=holds_keys)

    async def _load(self) -> None:
        start = time.monotonic()
        try:
            await self.load()
        finally:
            self._loaded_at = time.monotonic()
            self._load_seconds = self._loaded_at - start
        self._loaded_workspace, self._holds_keys = self.orca.workspace, False

    def action_cancel(self) -> None:
        """Stop the current run."""
        self.orca.cancel_run()

    def can_start(self) -> bool:
        """Whether no run is going on; if one is, say so."""
        news = self.orca.news
        if news is None or news.run is None or not news.is_running:
            return True
        self.notify(f"{news.run.stage} is running: wait for it, or press x to stop it", severity="warning")
        return False

    def on_runs_changed(self, event: RunsChanged) -> None:
        """Show what the runs of the workspace did."""
        if self._is_drawn:
            self.query_one(StatusBar).show(event.news)
            self.follow(event.news)

    def on_mount(self) -> None:
        """Load for the first time."""
        self._is_drawn = True
        self.on_screen_resume()

    def on_workspace_opened(self) -> None:
        """Show the workspace that was opened."""
        self.on_screen_resume()

    def on_screen_resume(self) -> None:
        """Load what happened while another screen was shown or the workspace was being opened."""
        if not self._is_drawn:
            return
        if self.orca.workspace is not None:
            self.query_one(StatusBar).show_workspace(self.orca.workspace)
        if self.orca.news is not None:
            self.query_one(StatusBar).show(self.orca.news)
        self.load_now()

    def on_resize(self, event: events.Resize) -> None:
        """Show the screen only if the terminal is large enough for it."""
        self.set_class(event.size.width < MIN_WIDTH or event.size.height < MIN_HEIGHT, TOO_SMALL)
