"""The dialog before the teacher is asked: what it would take, and a limit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.timer import Timer
from textual.widgets import Button, Input, Label, Static

from orca_local.domain.errors import OrcaError
from tui.dialogs.form import Form
from tui.text import plain

PAUSE_SECONDS = 0.4
"""After a key in the limit, before it is estimated again."""


class StartDialog(Form[int]):
    """Answers with the limit, 0 for none; with None where nothing is to be started."""

    def __init__(self, estimate: Callable[[int | None], Awaitable[str]]) -> None:
        """`estimate` says in some lines what a limit would take, or raises `OrcaError`."""
        super().__init__()
        self._estimate = estimate
        self._timer: Timer | None = None
        self.error: OrcaError | None = None
        """Why there is no estimate."""

    def compose(self) -> ComposeResult:
        """Estimate, limit, buttons."""
        with VerticalScroll() as frame:
            frame.border_title = "Ask the teacher"
            yield Static("estimating…", id="estimate-said")
            yield Label("\nAt most so many samples (empty: all)")
            yield Input(type="integer", id="limit", placeholder="all")
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="no")
                yield Button("Start", id="yes", variant="primary", disabled=True)

    def on_mount(self) -> None:
        """The first estimate is of everything."""
        self.query_one(Input).focus()
        self._ask()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another limit, another estimate."""
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE_SECONDS, self._ask)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter starts, once it is known what that means."""
        event.stop()
        if not self.query_one("#yes", Button).disabled:
            self.dismiss(self._limit or 0)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the limit, or without."""
        event.stop()
        self.dismiss((self._limit or 0) if event.button.id == "yes" else None)

    @property
    def _limit(self) -> int | None:
        value = self.query_one(Input).value
        return max(1, int(value)) if value.isdecimal() else None

    def _ask(self) -> None:
        self.run_worker(self._show_estimate(), exclusive=True)

    async def _show_estimate(self) -> None:
        limit = self._limit
        said = self.query_one("#estimate-said", Static)
        try:
            found = await self._estimate(limit)
        except OrcaError as error:
            self.error = error
            self.dismiss(None)
            return
        said.update(plain(found))
        self.query_one("#yes", Button).disabled = False
