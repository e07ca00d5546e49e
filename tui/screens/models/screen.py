"""The model catalog: what fits this machine, what is on disk, downloads, and the header of a GGUF."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from orca_local.domain.errors import OrcaError
from orca_local.domain.figures import size
from orca_local.models.listing import ModelView, view_models
from orca_local.models.pull import Pull
from orca_local.system.memory import total_memory
from tui.dialogs.file_picker import FilePicker
from tui.dialogs.text_dialog import TextDialog
from tui.messages import RunNews
from tui.screens.base import WorkspaceScreen
from tui.screens.models.facts import about, fits, inspection, status
from tui.widgets.listing import Column, Listing
from tui.widgets.text_view import TextView

POLL_SECONDS = 0.5
"""Time between two looks at the downloads."""


class ModelsScreen(WorkspaceScreen):
    """A table of models, and below it the catalog entry of the one under the cursor."""

    CSS_PATH = "models.tcss"
    HELP = (
        "The models of the catalog. `p` downloads the one under the cursor or resumes its download; `x` stops it. `i` "
        "shows the header of its file, `f` the header of any GGUF. To use a model as the student of this workspace, "
        'write `file = "ID"` (or the path of a GGUF) under `[student]` in its orca.toml.'
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pull", "Download"),
        Binding("x", "cancel", "Stop download"),
        Binding("i", "inspect", "Inspect"),
        Binding("f", "inspect_file", "Inspect file"),
        Binding("enter", "open", "Download or inspect", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._memory: int | None = None
        self._pulls: dict[str, Pull] = {}
        self._fetched: dict[str, int] = {}
        """Downloaded bytes of the running downloads, by model id."""
        # Created here because Textual may check a key before the screen is composed.
        self._listing = Listing(
            [
                Column[ModelView]("model", lambda view: view.model.id, 21),
                Column[ModelView]("type", lambda view: view.model.quantization, 5),
                Column[ModelView]("file", lambda view: size(view.model.bytes), 7, is_number=True),
                Column[ModelView]("needs", lambda view: f"{view.model.memory_gb:g} GB", 6, is_number=True),
                Column[ModelView]("fits", lambda view: fits(view, self._memory), 4),
                Column[ModelView]("status", lambda view: status(view, self._fetched.get(view.model.id)), 11),
                Column[ModelView]("licence", lambda view: view.model.licence),
            ],
            lambda view: view.model.id,
            id="models",
        )

    def compose_body(self) -> ComposeResult:
        """Memory, table, catalog entry."""
        yield Static("", id="memory", markup=False)
        yield self._listing
        yield TextView(id="about")

    def on_mount(self) -> None:
        """Focus the table and watch the downloads."""
        self._listing.focus()
        self.set_interval(POLL_SECONDS, self._poll)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to download or to stop only if that is possible."""
        view = self._listing.current
        if action == "cancel":
            return view is not None and view.model.id in self._pulls
        if action == "pull":
            return view is not None and view.path is None and view.model.id not in self._pulls
        return True

    async def load(self) -> None:
        """Show the catalog and what is on disk."""
        views = await asyncio.to_thread(view_models)
        self._memory = await asyncio.to_thread(total_memory)
        fitting = sum(view.fits(self._memory) is True for view in views)
        on_disk = sum(view.path is not None for view in views)
        memory = "memory size unknown" if self._memory is None else f"{fitting} fit in {size(self._memory)} of memory"
        self.query_one("#memory", Static).update(f"{len(views)} models: {memory}, {on_disk} on disk")
        self._listing.show(views)
        self._show_about()

    def follow(self, news: RunNews) -> None:
        """Ignore runs: they change nothing here."""

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """Show the catalog entry of the model."""
        self._show_about()
        self.refresh_bindings()

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Treat a double click as Enter."""
        self.action_open()

    def action_open(self) -> None:
        """Download the model, or inspect it if it is on disk."""
        view = self._listing.current
        if view is not None and view.path is not None:
            self.action_inspect()
        elif self.check_action("pull", ()):
            self.action_pull()

    def action_pull(self) -> None:
        """Download the model in a child process."""
        view = self._listing.current
        if view is None:
            return
        try:
            self._pulls[view.model.id] = Pull(view.model)
        except OrcaError as error:
            self.orca.show_error(error)
            return
        self._fetched[view.model.id] = view.partial
        self._show_fetched()
        self.refresh_bindings()

    def action_cancel(self) -> None:
        """Stop the download; the part on disk is kept."""
        view = self._listing.current
        if view is not None and view.model.id in self._pulls:
            self._pulls[view.model.id].cancel()
            self.notify("download stopped; press p to resume it")

    def action_inspect(self) -> None:
        """Show the header of the model's file."""
        view = self._listing.current
        if view is not None:
            self.attempt(partial(self._inspect, view.model.id), "inspect", exclusive=True)

    def action_inspect_file(self) -> None:
        """Ask for a file and show its header."""
        self.attempt(self._ask_for_file, "inspect", exclusive=True)

    async def _ask_for_file(self) -> None:
        path = await self.app.push_screen_wait(FilePicker("Inspect a GGUF", self.orca.directory, (".gguf",)))
        if path is not None:
            await self._inspect(str(path))

    async def _inspect(self, name: str) -> None:
        def describe() -> str:
            from orca_local.gguf.inspect import describe
            from orca_local.models.locate import resolve_student

            return inspection(describe(resolve_student(name, Path.cwd())))

        self.app.push_screen(TextDialog(Path(name).name, await asyncio.to_thread(describe)))

    async def _poll(self) -> None:
        """Update the progress of downloads, also those of other processes."""
        ended = []
        for model_id, pull in list(self._pulls.items()):
            try:
                fetched = await asyncio.to_thread(pull.poll)
            except OrcaError as error:
                self.orca.show_error(error)
                fetched = None
            if fetched is None:
                ended.append(model_id)
            else:
                self._fetched[model_id] = fetched
        for model_id in ended:
            del self._pulls[model_id], self._fetched[model_id]
        # Another process may be downloading a partial file that is not ours.
        is_watched = not self._pulls and self.is_current and any(view.partial for view in self._listing.rows)
        if ended or is_watched:
            await self.load()
        elif self._pulls:
            self._show_fetched()
        if ended:
            self.refresh_bindings()

    def _show_fetched(self) -> None:
        self._listing.refresh()
        self._show_about()

    def _show_about(self) -> None:
        view = self._listing.current
        if view is not None:
            self.query_one(TextView).show(about(view, self._memory, self._fetched.get(view.model.id)))
