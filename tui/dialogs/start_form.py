"""What a command is started with, and what that would take."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.timer import Timer
from textual.widgets import Button, Input, Select, Static

from orca_local.domain.errors import OrcaError
from tui.dialogs.form import Form
from tui.text import plain
from tui.workers import begin

PAUSE_SECONDS = 0.4
"""After a key in a field, before it is estimated again."""


class StartForm(Form[list[str]]):
    """Answers with the options of the command, once it is known what they would take."""

    DEFAULT_CSS = "StartForm #takes { height: auto; min-height: 4; margin-top: 1; color: $text-muted; }"
    YES: ClassVar[str] = "Start"

    def __init__(self) -> None:
        super().__init__()
        self._timer: Timer | None = None

    def compose_fields(self) -> ComposeResult:
        """The command's own, and the estimate."""
        yield from self.compose_options()
        yield Static("estimating…", id="takes")

    def compose_options(self) -> ComposeResult:
        """The command's own fields."""
        raise NotImplementedError

    async def estimate(self) -> str:
        """What the fields would take, in some lines; raises `OrcaError` where it could not be done."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Nothing starts before the first estimate."""
        self.query_one("#yes", Button).disabled = True
        self._estimate()

    def action_take(self) -> None:
        """Start, where that can be."""
        if not self.query_one("#yes", Button).disabled:
            super().action_take()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Other values, another estimate."""
        self._estimate_soon()

    def on_select_changed(self, event: Select.Changed) -> None:
        """Other values, another estimate."""
        self._estimate_soon()

    def _estimate_soon(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE_SECONDS, self._estimate)

    def _estimate(self) -> None:
        begin(self, self._say_estimate)

    async def _say_estimate(self) -> None:
        try:
            said = await self.estimate()
        except OrcaError as error:
            said = f"{error.message}\n{error.hint}"
            can_start = False
        else:
            can_start = True
        self.query_one("#takes", Static).update(plain(said))
        self.query_one("#yes", Button).disabled = not can_start
