"""The app: its screens, its keys, and the workspace that the screens share."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.theme import Theme

from orca_local.domain.errors import OrcaError
from orca_local.domain.stages import STAGES
from orca_local.generation.rescore import ensure_scores
from orca_local.runs.workspace import Workspace
from tui.dialogs.dialog import Dialog, ErrorDialog
from tui.messages import RunsChanged, WorkspaceOpened
from tui.ordered_keys import OrderedKeysApp
from tui.screen_registry import SCREENS
from tui.thread_reader import ThreadReader

if TYPE_CHECKING:
    from orca_local.store.store import Store
    from tui.messages import RunNews
    from tui.run_watcher import RunWatcher

TOO_SMALL = "-too-small"
"""Class of a screen that is hidden because the terminal is too small for it."""
CHECK_SECONDS = 0.25
"""Seconds between two checks of the workspace for changes."""

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


def _open(make: Callable[[Path], Workspace], directory: Path) -> tuple[Workspace, RunWatcher]:
    """Return a workspace and a watcher over its runs. Importing their modules takes a quarter of a second."""
    from orca_local.store import store  # noqa: F401
    from tui.run_watcher import RunWatcher

    return make(directory), RunWatcher()


class OrcaApp(OrderedKeysApp[None]):
    """Shows one workspace; screens reach its store, its runs and its commands through here."""

    TITLE = "orca-local"
    CSS_PATH = "app.tcss"
    MODES: ClassVar = {mode: entry.make for mode, entry in SCREENS.items()}
    DEFAULT_MODE = "home"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(entry.key, f"switch_mode('{mode}')", entry.title, show=False)
            for mode, entry in SCREENS.items()
            if entry.key
        ),
        Binding("question_mark", "toggle_help", "Help", key_display="?"),
        Binding("ctrl+p", "command_palette", "Commands", key_display="^p"),
        Binding("ctrl+q", "quit", "Quit", show=False),
    ]

    def __init__(self, workspace_dir: Path | None, directory: Path) -> None:
        """Open the workspace in `workspace_dir`; if it is None, a new one can be created in `directory`."""
        super().__init__()
        self.workspace: Workspace | None = None
        """None until it is opened, which happens after the first frame is drawn."""
        self.failure: OrcaError | None = None
        """The error that kept the workspace from being opened."""
        self.directory = directory
        self.store_reader: ThreadReader[Store] | None = None
        self.news: RunNews | None = None
        """The latest news of the workspace's runs."""
        self._workspace_dir = workspace_dir
        self._is_ready = asyncio.Event()
        self._watcher: RunWatcher | None = None
        self._is_checking = False
        if os.environ.get("SSH_CONNECTION"):
            self.animation_level = "none"
        self.register_theme(HIGH_CONTRAST)

    @property
    def is_opening(self) -> bool:
        """Whether a workspace is being opened."""
        return self._workspace_dir is not None and not self._is_ready.is_set()

    def on_mount(self) -> None:
        """Open the workspace, and check it for changes several times a second."""
        if self._workspace_dir is None:
            self._is_ready.set()
        else:
            self.hold_keys_for(self.run_worker(self._open_or_exit(self._workspace_dir), group="open"))
        self.set_interval(CHECK_SECONDS, self._check_runs)

    @property
    def is_hidden(self) -> bool:
        """Whether the terminal is too small for the screen. A dialog above it is shown, and takes keys."""
        return bool(self.screen_stack) and self.screen.has_class(TOO_SMALL)

    async def on_unmount(self) -> None:
        """Close the store; runs continue."""
        if self.store_reader is not None:
            await self.store_reader.close()

    async def open_workspace(self, directory: Path) -> None:
        """Open an existing workspace and show it. Raises `InputError` if its settings are wrong."""
        self._show_workspace(*await asyncio.to_thread(_open, Workspace.open, directory))

    async def create_workspace(self, directory: Path, *, quickstart: bool) -> None:
        """Create a workspace and show it; with `quickstart`, add the starter tasks and run all stages.

        Raises `InputError` if it cannot be created.
        """
        from orca_local.pipeline.quickstart import prepare_quickstart

        make = prepare_quickstart if quickstart else Workspace.create
        self._show_workspace(*await asyncio.to_thread(_open, make, directory))
        if quickstart:
            self.begin("run")

    async def reload_workspace(self) -> Workspace | None:
        """Return the workspace with its current settings file; on an error, show it and return None."""
        assert self.workspace is not None
        try:
            return await asyncio.to_thread(Workspace.open, self.workspace.directory)
        except OrcaError as error:
            self.show_error(error)
            return None

    def begin(self, *command: str) -> None:
        """Start a stage, or all. One that calls an endpoint is started from a form with an estimate and the limits."""
        news = self.news
        if news is not None and news.run is not None and news.is_running:
            self.notify(f"{news.run.stage} is running: wait for it, or stop it", severity="warning")
            return
        # Keys wait for the form: Enter must not reach the screen below it.
        self.hold_keys_for(self.run_worker(self._begin(command), group="begin", exclusive=True))

    async def _begin(self, command: tuple[str, ...]) -> None:
        from tui.start_forms import calls_endpoint, make_start_form

        workspace, reader = await self.reload_workspace(), self.store_reader
        if workspace is None or reader is None:
            return
        if not calls_endpoint(workspace.settings, command[0]):
            self.start_command(*command)
            return
        form = await make_start_form(workspace, reader.call, command[0])
        self.ask(form, lambda options: self.start_command(*command, *options))

    def start_command(self, *arguments: str) -> None:
        """Start `orca-local ARGUMENTS` in a process of its own; `begin` decides whether to ask before."""
        workspace = self.workspace
        assert workspace is not None

        def launch() -> str:
            from orca_local.runs.launch import launch

            return f"run {launch(workspace, arguments).run_id} started"

        self.run_worker(self._notify_result(asyncio.to_thread(launch)), group="launch")

    def cancel_run(self) -> None:
        """Stop the current run after asking."""
        news = self.news
        if news is None or news.run is None or not news.is_running or self.store_reader is None:
            self.notify("nothing is running", severity="warning")
            return
        run_id, stage, store_reader = news.run.run_id, news.run.stage, self.store_reader

        async def cancel() -> str:
            from orca_local.runs.follow import cancel_command

            run = await store_reader.call(lambda store: cancel_command(store, run_id))
            return f"stopping {run.stage}"

        text = "Finished work is kept; the same command continues from there. A training saves its current step first."
        dialog = Dialog(f"Stop {stage}?", text, yes="Stop it", no="Keep running")
        self.ask(dialog, lambda _: self.run_worker(self._notify_result(cancel()), group="cancel"))

    def ask(self, dialog: Screen[Any], function: Callable[[Any], object]) -> None:
        """Show a dialog, and call `function` with its answer unless that is no or it was cancelled."""

        def answered(answer: Any) -> None:
            if answer is not None and answer is not False:
                function(answer)

        self.push_screen(dialog, answered)

    def show_error(self, error: OrcaError) -> None:
        """Show an error and its remedy in a dialog, unless one is open already."""
        if not isinstance(self.screen, ErrorDialog):
            self.push_screen(ErrorDialog(error))

    async def action_switch_mode(self, mode: str) -> None:
        """Go to another screen, once the workspace is open."""
        if self.is_opening:
            # In a worker, so that the app keeps handling messages.
            self.run_worker(self._switch_when_ready(mode), group="switch", exclusive=True)
            return
        entry = SCREENS[mode]
        if self.workspace is None and entry.needs_workspace:
            self.notify(f"{entry.title} needs a workspace: press s or n on Home (1) to create one", severity="warning")
            return
        await super().action_switch_mode(mode)

    def action_toggle_help(self) -> None:
        """Show or hide the help panel."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the commands of the palette."""
        for mode, entry in SCREENS.items():
            help_text = f"Key {entry.key}" if entry.key else f"The {entry.title} screen"
            yield SystemCommand(f"Go to {entry.title}", help_text, partial(self.action_switch_mode, mode))
        if self.workspace is not None:
            yield from self._stage_commands()
        yield from super().get_system_commands(screen)

    def _stage_commands(self) -> Iterable[SystemCommand]:
        stages = ((stage.title, stage.command) for stage in STAGES if stage.command)
        commands = (("Run all stages", ("run",)), *stages)
        for title, command in commands:
            yield SystemCommand(title, f"orca-local {' '.join(command)}", partial(self.begin, *command))
        yield SystemCommand("Stop the run", "Like Ctrl-C: finished work is kept", self.cancel_run)

    async def _notify_result(self, job: Awaitable[str]) -> None:
        try:
            self.notify(await job, markup=False)
        except OrcaError as error:
            self.show_error(error)

    async def _open_or_exit(self, directory: Path) -> None:
        try:
            await self.open_workspace(directory)
        except OrcaError as error:
            self.failure = error
            self.exit()

    def _show_workspace(self, workspace: Workspace, watcher: RunWatcher) -> None:
        self.workspace, self.news, self._watcher = workspace, None, watcher
        self.store_reader = ThreadReader(workspace.store)
        self._is_ready.set()
        for screen in self.screen_stack:
            screen.post_message(WorkspaceOpened())
        self.run_worker(self._renew_scores(self.store_reader))

    async def _renew_scores(self, reader: ThreadReader[Store]) -> None:
        """Read stored answers again where an earlier version did, and show what changed."""
        try:
            rescored = await reader.call(ensure_scores)
        except OrcaError as error:
            self.show_error(error)
            return
        if rescored is None or not self.is_running:
            return
        self.notify("\n".join(rescored.lines()), markup=False, timeout=20)
        for screen in self.screen_stack:
            screen.post_message(WorkspaceOpened())

    async def _switch_when_ready(self, mode: str) -> None:
        await self._is_ready.wait()
        await self.action_switch_mode(mode)

    async def _check_runs(self) -> None:
        if self.store_reader is None or self._watcher is None or self._is_checking:
            return
        self._is_checking = True
        try:
            news = await self.store_reader.call(self._watcher.check)
        except OrcaError as error:
            self.show_error(error)
            return
        finally:
            self._is_checking = False
        if news is None or not self.is_running:  # the app was closed meanwhile
            return
        before, self.news = self.news, news
        if before is not None and before.is_running and not news.is_running:
            self._notify_ended(news)
        if self.screen_stack:
            self.screen_stack[0].post_message(RunsChanged(news))

    def _notify_ended(self, news: RunNews) -> None:
        run = news.run
        if run is not None:
            is_error = run.status in ("failed", "dead")
            severity = "information" if run.status == "done" else "error" if is_error else "warning"
            self.notify(f"{run.stage}: {run.status} {run.error}".strip(), severity=severity, markup=False)  # type: ignore[arg-type]
