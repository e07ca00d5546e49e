"""What every screen has: the status line, the footer, and a way to read the workspace and follow its runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Footer, Static

from orca_local.domain.errors import OrcaError
from tui.messages import News
from tui.screen_registry import SCREENS
from tui.widgets.navigation import Navigation
from tui.widgets.status_bar import StatusBar
from tui.workers import begin

if TYPE_CHECKING:
    from orca_local.store.store import Store
    from tui.app import OrcaApp

T = TypeVar("T")

LEAST_WIDTH, LEAST_HEIGHT = 80, 24
RELOAD_SECONDS = 1.0
"""While a run goes on, a screen is read again no more often than this, or than a tenth of the time allows."""


class WorkspaceScreen(Screen[None]):
    """A screen of the workspace. `load` reads and shows everything; `follow` is told what runs do."""

    DEFAULT_CSS = """
    WorkspaceScreen { layout: vertical;
      #body { height: 1fr; }
      #too-small { display: none; height: 1fr; content-align: center middle; text-align: center; }
      &.-too-small #body, &.-too-small Navigation { display: none; }
      &.-too-small #too-small { display: block; }
    }
    """
    MODE: ClassVar[str]
    """Its name among `tui.screen_registry.SCREENS`."""
    STAGES: ClassVar[frozenset[str]] = frozenset()
    """Whose events make the screen read the workspace again."""

    def __init__(self) -> None:
        super().__init__()
        self._loaded = 0.0
        self._cost = 0.0
        """Seconds that the last reading took."""
        self._is_waiting = self._is_drawn = False

    @property
    def orca(self) -> OrcaApp:
        """The program."""
        return cast("OrcaApp", self.app)

    def compose(self) -> ComposeResult:
        """Status line, the screen's own parts, footer."""
        yield StatusBar()
        yield Navigation(SCREENS, self.MODE)
        with Container(id="body"):
            yield from self.compose_body()
        yield Static(f"orca-local needs {LEAST_WIDTH} × {LEAST_HEIGHT} characters", id="too-small")
        yield Footer(show_command_palette=False)

    def compose_body(self) -> ComposeResult:
        """The screen's own parts."""
        raise NotImplementedError

    async def load(self) -> None:
        """Read the workspace and show it."""

    def follow(self, news: News) -> None:
        """Something happened: by default, everything is read again where it concerns this screen."""
        concerned = news.run is not None and news.run.stage in self.STAGES
        if concerned and (news.events or not news.is_running):
            self.load_soon()

    async def ask(self, question: Callable[[Store], T]) -> T:
        """What the store answers."""
        assert self.orca.reading is not None
        return await self.orca.reading.ask(question)

    def load_soon(self) -> None:
        """Read again when the time for it has come; asked twice, it is done once."""
        if self._is_waiting:
            return
        self._is_waiting = True
        pause = max(RELOAD_SECONDS, 10 * self._cost)
        self.set_timer(max(0.01, self._loaded + pause - time.monotonic()), self.load_now)

    def load_now(self) -> None:
        """Read again at once."""
        self._is_waiting = False
        self.attempt(self._load, "load", exclusive=True)

    def attempt(self, job: Callable[[], Coroutine[Any, Any, None]], group: str, *, exclusive: bool = False) -> None:
        """Do something beside what is drawn; what fails is shown. With `exclusive`, it replaces others of its group."""

        async def attempted() -> None:
            try:
                await job()
            except OrcaError as error:
                self.orca.show_error(error)

        begin(self, attempted, group=group, exclusive=exclusive)

    async def _load(self) -> None:
        began = time.monotonic()
        try:
            await self.load()
        finally:
            self._loaded = time.monotonic()
            self._cost = self._loaded - began

    def show_news(self, news: News) -> None:
        """Told by the program, to the screen that is seen."""
        if self._is_drawn:
            self.query_one(StatusBar).show(news)
            self.follow(news)

    def on_mount(self) -> None:
        """Its parts are there."""
        self._is_drawn = True
        self.on_screen_resume()

    def on_screen_resume(self) -> None:
        """What happened while another screen was seen, or the workspace was being opened, is read now."""
        if not self._is_drawn:
            return
        if self.orca.workspace is not None:
            self.query_one(StatusBar).show_workspace(self.orca.workspace)
        if self.orca.news is not None:
            self.query_one(StatusBar).show(self.orca.news)
        self.load_now()

    def on_resize(self, event: events.Resize) -> None:
        """Below the least size, say so instead of showing what cannot be read."""
        self.set_class(event.size.width < LEAST_WIDTH or event.size.height < LEAST_HEIGHT, "-too-small")
