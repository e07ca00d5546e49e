"""The program: screens on digit keys, one reader of the store, one watch over its runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import Worker, WorkerState

from orca_local.domain.errors import OrcaError
from orca_local.domain.stages import STAGES
from orca_local.runs.workspace import Workspace
from tui.dialogs.dialog import Dialog, ErrorDialog
from tui.screen_registry import SCREENS, WITHOUT_WORKSPACE
from tui.screens.base import WorkspaceScreen
from tui.store_reader import Reading

if TYPE_CHECKING:
    from tui.messages import News
    from tui.run_watcher import Watch

LOOK_SECONDS = 0.25

HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#ffff00",
    secondary="#00ffff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#00ff00",
    warning="#ffff00",
    error="#ff6060",
    dark=True,
)


def _maker(name: str) -> Callable[[], Screen[None]]:
    def make() -> Screen[None]:
        module = import_module(f"tui.screens.{name}.screen")
        screen: Screen[None] = getattr(module, f"{name.capitalize()}Screen")()
        return screen

    return make


def _opened(make: Callable[[Path], Workspace], directory: Path) -> tuple[Workspace, Watch]:
    """A workspace and the watch over it, with the modules that they need: loading those takes a quarter of a second."""
    from orca_local.store import store  # noqa: F401
    from tui.run_watcher import Watch

    return make(directory), Watch()


class OrcaApp(App[None]):
    """One workspace, seen and steered."""

    TITLE = "orca-local"
    CSS_PATH = "app.tcss"
    MODES: ClassVar = {name: _maker(name) for name in SCREENS}
    DEFAULT_MODE = "home"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"switch_mode('{name}')", title, show=False) for name, (key, title) in SCREENS.items()),
        Binding("question_mark", "toggle_help", "Help", key_display="?"),
        Binding("ctrl+p", "command_palette", "Commands", key_display="^p"),
        Binding("ctrl+q", "quit", "Quit", show=False),
    ]

    def __init__(self, found: Path | None, directory: Path) -> None:
        """`found` is the workspace's directory; where there is none, one is made in `directory`."""
        super().__init__()
        self.workspace: Workspace | None = None
        """None until it is opened, which is done behind the first picture."""
        self.failure: OrcaError | None = None
        """Why it could not be opened."""
        self.directory = directory
        self.reading: Reading | None = None
        self.news: News | None = None
        self._found = found
        self._is_ready = asyncio.Event()
        self._watch: Watch | None = None
        self._is_looking = False
        if os.environ.get("SSH_CONNECTION"):
            self.animation_level = "none"
        self.register_theme(HIGH_CONTRAST)

    @property
    def is_opening(self) -> bool:
        """Whether there is a workspace whose settings are still being read."""
        return self._found is not None and not self._is_ready.is_set()

    def use(self, workspace: Workspace, watch: Watch) -> None:
        """Show this workspace from now on."""
        self.workspace, self.news, self._watch = workspace, None, watch
        self.reading = Reading(workspace)
        self._is_ready.set()
        for screen in self.screen_stack:
            if isinstance(screen, WorkspaceScreen):
                screen.on_screen_resume()

    def on_mount(self) -> None:
        """Look at the workspace a few times a second."""
        if self._found is None:
            self._is_ready.set()
        else:
            self.run_worker(self._open(self._found), group="open")
        self.set_interval(LOOK_SECONDS, self._look)

    async def _open(self, found: Path) -> None:
        try:
            await self.open(found)
        except OrcaError as error:
            self.failure = error
            self.exit()

    async def on_unmount(self) -> None:
        """Runs go on; what read them ends."""
        if self.reading is not None:
            await self.reading.close()

    async def _look(self) -> None:
        if self.reading is None or self._watch is None or self._is_looking:
            return
        self._is_looking = True
        try:
            news = await self.reading.ask(self._watch.look)
        except OrcaError as error:
            self.show_error(error)
            return
        finally:
            self._is_looking = False
        if news is None or not self.is_running:  # it was closed while the store was read
            return
        before, self.news = self.news, news
        if before is not None and before.is_running and not news.is_running and news.run is not None:
            self._say_ended(news)
        screen = self.screen_stack[0] if self.screen_stack else None
        if isinstance(screen, WorkspaceScreen):
            screen.show_news(news)

    def _say_ended(self, news: News) -> None:
        run = news.run
        assert run is not None
        severity = "information" if run.status == "done" else "error" if run.status in ("failed", "dead") else "warning"
        self.notify(f"{run.stage}: {run.status} {run.error}".strip(), severity=severity, markup=False)  # type: ignore[arg-type]

    def show_error(self, error: OrcaError) -> None:
        """A dialog with what failed and the remedy; one at a time."""
        if not isinstance(self.screen, ErrorDialog):
            self.push_screen(ErrorDialog(error))

    async def open(self, directory: Path) -> None:
        """Show a workspace that is there already. Raises `InputError` where its settings are wrong."""
        self.use(*await asyncio.to_thread(_opened, Workspace.open, directory))

    async def create(self, directory: Path, *, quickstart: bool) -> None:
        """Make a workspace and show it; with `quickstart`, with the starter's tasks, and running.

        Raises `InputError` where it cannot be made.
        """
        from orca_local.pipeline.quickstart import prepare_quickstart

        self.use(*await asyncio.to_thread(_opened, prepare_quickstart if quickstart else Workspace.create, directory))
        if quickstart:
            self.start_command("run")

    def reopened(self) -> Workspace | None:
        """The workspace with the settings that are on the disk now; None, and a dialog, where they cannot be used."""
        assert self.workspace is not None
        try:
            return Workspace.open(self.workspace.directory)
        except OrcaError as error:
            self.show_error(error)
            return None

    def start_command(self, *arguments: str) -> None:
        """Start a command as a process of its own."""
        workspace = self.workspace
        assert workspace is not None

        def launch() -> str:
            from orca_local.runs.launch import launch

            return f"run {launch(workspace, arguments).run_id} has begun"

        self.run_worker(launch, thread=True, group="launch", exit_on_error=False, description=arguments[0])

    def cancel_run(self) -> None:
        """End the run that goes on, after asking."""
        news = self.news
        if news is None or news.run is None or not news.is_running or self.reading is None:
            self.notify("nothing is running", severity="warning")
            return
        run_id, stage, reading = news.run.run_id, news.run.stage, self.reading

        async def end() -> str:
            from orca_local.runs.follow import cancel

            await reading.ask(lambda store: cancel(store, run_id))
            return f"{stage} was asked to end"

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(end(), group="cancel", exit_on_error=False)

        text = "What is done is kept, and the same command goes on from there. A training saves its step first."
        self.push_screen(Dialog(f"End {stage}?", text, yes="End it", no="Let it run"), answered)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What workers of the program say, or fail with."""
        if event.worker.group not in ("launch", "cancel"):
            return
        if event.state is WorkerState.SUCCESS:
            self.notify(str(event.worker.result), markup=False)
        elif event.state is WorkerState.ERROR:
            error = event.worker.error
            if not isinstance(error, OrcaError):
                raise error or RuntimeError("a worker failed")
            self.show_error(error)

    async def action_switch_mode(self, mode: str) -> None:
        """To another screen, as soon as there is something to show on it."""
        if self.is_opening:
            # A worker waits: what the program is told meanwhile, to quit above all, it has to hear.
            self.run_worker(self._switch_when_ready(mode), group="switch", exclusive=True)
            return
        if self.workspace is None and mode not in WITHOUT_WORKSPACE:
            title = SCREENS[mode][1]
            self.notify(f"{title} needs a workspace: at home (1), s or n makes one", severity="warning")
            return
        await super().action_switch_mode(mode)

    async def _switch_when_ready(self, mode: str) -> None:
        await self._is_ready.wait()
        await self.action_switch_mode(mode)

    def action_toggle_help(self) -> None:
        """Show or hide the keys of what is focused."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """All that the palette offers."""
        for name, (key, title) in SCREENS.items():
            yield SystemCommand(f"Go to {title}", f"Key {key}", partial(self.action_switch_mode, name))
        if self.workspace is not None:
            yield from self._stage_commands()
        yield from super().get_system_commands(screen)

    def _stage_commands(self) -> Iterable[SystemCommand]:
        stages = ((stage.title, stage.command) for stage in STAGES if stage.command)
        commands = (("Run all stages", ("run",)), *stages)
        for title, command in commands:
            yield SystemCommand(title, f"orca-local {' '.join(command)}", partial(self.start_command, *command))
        yield SystemCommand("End the run", "As Ctrl-C does: what is done is kept", self.cancel_run)
