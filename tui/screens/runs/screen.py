"""All runs; events, settings and versions of the run under the cursor."""

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
from tui.messages import RunNews
from tui.screens.base import WorkspaceScreen
from tui.text import one_line, plain
from tui.widgets.listing import Listing
from tui.widgets.run_list import run_list

MAX_EVENTS = 500
"""Number of a run's last events that are shown; `orca-local runs show` has all."""

DELETED = "Deletes its events, its output and its measurements. The student's and the teacher's answers are kept."


class RunsScreen(WorkspaceScreen):
    """Runs above, events below."""

    CSS_PATH = "runs.tcss"
    HELP = (
        "All runs of this workspace. `i` shows the settings and versions of the run under the cursor, `d` deletes it "
        "unless its results are in use. `x` stops the running stage."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "details", "Settings"),
        Binding("x", "cancel", "Stop run"),
        Binding("d", "delete", "Delete"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[int, RunRow] = {}
        self._shown = 0
        """Id of the run whose events are shown."""
        self._last = 0
        """Number of its last event in the log."""

    def compose_body(self) -> ComposeResult:
        """Runs, settings, events."""
        with Horizontal(id="list"):
            yield run_list(id="runs")
            with VerticalScroll(id="about"):
                yield Static("")
        yield RichLog(id="events", max_lines=MAX_EVENTS, wrap=False, auto_scroll=True)

    def on_mount(self) -> None:
        """Focus the list."""
        self._listing.focus()

    @property
    def _listing(self) -> Listing[RunRow]:
        return self.query_one("#runs", Listing)

    async def load(self) -> None:
        """Show the runs; the cursor stays on its run."""
        runs = await self.call_store(lambda store: store.runs.list())
        self._runs = {run.run_id: run for run in runs}
        self._listing.show(runs)
        if not runs:
            self._show(0)

    def follow(self, news: RunNews) -> None:
        """Show new events of the shown run, and reload the list if a status changed or a run may have been deleted."""
        run = news.run
        listed = self._runs.get(run.run_id) if run is not None else None
        # News without a running stage may mean that another process deleted runs.
        if run is None or not news.is_running or listed is None or listed.status != run.status:
            self.load_soon()
        if run is not None and run.run_id == self._shown and news.events:
            self._read_soon()

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """Show the run under the cursor."""
        run = self._listing.current
        if run is not None:
            self._show(run.run_id)

    def action_details(self) -> None:
        """Show or hide settings and versions."""
        self.toggle_class("-details")

    def action_delete(self) -> None:
        """Ask, and delete the run under the cursor if it is not in use."""
        if self._shown:
            self.attempt(partial(self._ask_to_delete, self._shown), "delete", exclusive=True, holds_keys=True)

    async def _ask_to_delete(self, run_id: int) -> None:
        run = await self.call_store(lambda store: check_deletable(store, run_id))

        dialog = Dialog(f"Delete run {run_id} ({run.stage})?", DELETED, yes="Delete", no="Keep")
        self.orca.ask(dialog, lambda _: self.attempt(partial(self._delete, run_id), "delete"))

    async def _delete(self, run_id: int) -> None:
        workspace = self.workspace

        def delete() -> None:
            # A second connection: the app's own does not see its own writes as changes.
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
        text = ""
        if run is not None:
            details = {"inputs": run.inputs, "settings": run.settings, "versions": run.versions}
            text = json.dumps(details, indent=1, ensure_ascii=False)
        self.query_one("#about Static", Static).update(plain(text))

    def _read_soon(self) -> None:
        # Events come only from here, after the last shown one: a second source would show some of them twice.
        self.attempt(partial(self._read_events, self._shown, self._last), "events", exclusive=True)

    async def _read_events(self, run_id: int, last: int) -> None:
        def read(store: Store) -> list[EventRow]:
            return store.runs.events(run_id, last) if last else store.runs.last_events(run_id, MAX_EVENTS)

        events = await self.call_store(read)
        if (run_id, last) == (self._shown, self._last):
            self._write(events)

    def _write(self, events: list[EventRow]) -> None:
        log = self.query_one(RichLog)
        for event in events:
            self._last = event.seq
            payload = ", ".join(f"{key} {value}" for key, value in event.payload.items() if value not in ("", None))
            log.write(one_line(f"{event.created_at[11:19]}  {event.kind:18} {payload}", 400).plain)
