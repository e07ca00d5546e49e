"""A form with the options of a command and an estimate of its cost."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.timer import Timer
from textual.widgets import Button, Static

from orca_local.domain.errors import OrcaError
from tui.dialogs.form import Form
from tui.text import plain
from tui.workers import start_job

PAUSE_SECONDS = 0.4
"""Seconds without a change after which the estimate is updated."""


class StartForm(Form[list[str]]):
    """Returns the options of the command; it cannot be accepted before the first estimate."""

    DEFAULT_CSS = "StartForm #estimate { height: auto; min-height: 4; margin-top: 1; color: $text-muted; }"
    yes = "Start"

    def __init__(self) -> None:
        super().__init__()
        self._timer: Timer | None = None

    def compose_fields(self) -> ComposeResult:
        """Yield the command's fields and the estimate."""
        yield from self.compose_options()
        yield Static("estimating…", id="estimate")

    def compose_options(self) -> ComposeResult:
        """Yield the command's fields."""
        raise NotImplementedError

    async def estimate(self) -> str:
        """Return the estimated cost in a few lines; raises `OrcaError` if the command cannot run."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Disable the button until the first estimate."""
        self.query_one("#yes", Button).disabled = True
        self._estimate()

    def action_accept(self) -> None:
        """Accept the form if the command can run."""
        if not self.query_one("#yes", Button).disabled:
            super().action_accept()

    def on_input_changed(self) -> None:
        """Update the estimate soon."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE_SECONDS, self._estimate)

    on_select_changed = on_checkbox_changed = on_input_changed

    def _estimate(self) -> None:
        start_job(self, self._show_estimate)

    async def _show_estimate(self) -> None:
        try:
            text, can_start = await self.estimate(), True
        except OrcaError as error:
            text, can_start = f"{error.message}\n{error.hint}", False
        self.query_one("#estimate", Static).update(plain(text))
        self.query_one("#yes", Button).disabled = not can_start
