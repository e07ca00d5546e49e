"""All runs; of the one under the cursor its events as they come, its settings and its versions."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import RichLog, Static

from orca_local.runs.delete import check_deletable, delete_runs
from orca_local.store.runs import EventRow, RunRow
from orca_local.store.store import Store
from tui.dialogs.dialog import Dialog
from tui.messages import News
from tui.screens.base import WorkspaceScreen
from tui.text import one_line, plain
from tui.widgets.listing import Listing
from tui.widgets.run_list import run_list

SHOWN = 500
"""The last events of a run; `orca-local runs show` has them all."""

GOES = "Its events, its output and its measurements go. The answers themselves are kept."


class RunsScreen(WorkspaceScreen):
    """Runs above, events below."""

    MODE = "runs"
    CSS_PATH = "runs.tcss"
    HELP = (
        "Every run of this workspace. `x` ends the one that goes on, `i` shows settings and versions. `d` deletes the "
        "one under the cursor, where nothing that came from it is in use."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "details", "Settings"),
        Binding("x", "cancel", "End run"),
        Binding("d", "delete", "Delete"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[int, RunRow] = {}
        self._shown = 0
        self._last = 0

    def compose_body(self) -> ComposeResult:
        """Table, log, details."""
        with Horizontal(id="list"):
            yield run_list(id="runs")
            with VerticalScroll(id="about"):
                yield Static("")
        yield RichLog(id="events", max_lines=SHOWN, wrap=False, auto_scroll=True)

    def on_mount(self) -> None:
        """Keys go to the list."""
        self._listing.focus()

    @property
    def _listing(self) -> Listing[RunRow]:
        return self.query_one("#runs", Listing)

    async def load(self) -> None:
        """The runs; the cursor stays on its own."""
        runs = await self.ask(lambda store: store.runs.list())
        self._runs = {run.run_id: run for run in runs}
        self._listing.show(runs)
        if not runs:
            self._show(0)

    def follow(self, news: News) -> None:
        """New events of the run that is shown, and any change of a status or of what there is."""
        run = news.run
        known = self._runs.get(run.run_id) if run is not None else None
        # Where nothing goes on, what has changed may be that runs were deleted elsewhere.
        if run is None or not news.is_running or known is None or known.status != run.status:
            self.load_soon()
        if run is not None and run.run_id == self._shown and news.events:
            self._read_soon()

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """The run under the cursor."""
        run = self._listing.current
        if run is not None:
            self._show(run.run_id)

    def action_details(self) -> None:
        """Settings and versions beside the runs, or not."""
        self.toggle_class("-details")

    def action_cancel(self) -> None:
        """End the run that goes on."""
        self.orca.cancel_run()

    def action_delete(self) -> None:
        """Delete the run under the cursor, where that can be."""
        if self._shown:
            self.attempt(partial(self._ask_to_delete, self._shown), "delete", exclusive=True)

    async def _ask_to_delete(self, run_id: int) -> None:
        run = await self.ask(lambda store: check_deletable(store, run_id))

        def answered(yes: bool | None) -> None:
            if yes:
                self.attempt(partial(self._delete, run_id), "delete")

        self.app.push_screen(Dialog(f"Delete run {run_id} ({run.stage})?", GOES, yes="Delete", no="Keep"), answered)

    async def _delete(self, run_id: int) -> None:
        workspace = self.orca.workspace
        assert workspace is not None

        def delete() -> None:
            # A store of its own: what the one of the screens writes is no news to it.
            with workspace.store() as store:
                delete_runs(store, workspace, [run_id])

        try:
            await asyncio.to_thread(delete)
        finally:
            self.load_now()

    def _show(self, run_id: int) -> None:
        if run_id != self._shown:
            self._shown, self._last = run_id, 0
            self.query_one(RichLog).clear()
            self._read_soon()
        run = self._runs.get(run_id)
        said = ""
        if run is not None:
            about = {"inputs": run.inputs, "settings": run.settings, "versions": run.versions}
            said = json.dumps(about, indent=1, ensure_ascii=False)
        self.query_one("#about Static", Static).update(plain(said))

    def _read_soon(self) -> None:
        # One reader for all, told by what is shown already: an event that came in two ways would stand there twice.
        self.attempt(partial(self._read_events, self._shown, self._last), "events", exclusive=True)

    async def _read_events(self, run_id: int, last: int) -> None:
        def read(store: Store) -> list[EventRow]:
            return store.runs.events(run_id, last) if last else store.runs.last_events(run_id, SHOWN)

        events = await self.ask(read)
        if (run_id, last) == (self._shown, self._last):
            self._write(events)

    def _write(self, events: list[EventRow]) -> None:
        log = self.query_one(RichLog)
        for event in events:
            self._last = event.seq
            said = ", ".join(f"{key} {value}" for key, value in event.payload.items() if value not in ("", None))
            log.write(one_line(f"{event.created_at[11:19]}  {event.kind:18} {said}", 400).plain)
