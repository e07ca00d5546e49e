"""The Chat screen: one question to two models, with both answers side by side."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from orca_local.chat.transcript import Setup, save_conversations
from orca_local.domain.errors import OrcaError
from orca_local.domain.strategies import Strategy, load_strategies
from orca_local.domain.text import printable
from orca_local.models.available import available_models, missing_model
from tui.dialogs.fields import Values
from tui.screens.base import WorkspaceScreen
from tui.screens.chat.column import Column
from tui.screens.chat.prompt import Prompt
from tui.screens.chat.setup import SetupDialog, setup_of

MODELS = ("base", "tuned")
PLACEHOLDER = "Press i to type · Enter: send · ctrl+j: new line · Esc: leave the text field"


class ChatScreen(WorkspaceScreen):
    """Two conversations with the same questions.

    Keys are commands whenever the user comes to this screen; `i` leads to the text field and Escape out of it.
    """

    CSS_PATH = "chat.tcss"
    AUTO_FOCUS = "Column"
    STAGES = frozenset({"base", "probe", "export", "evaluate", "train"})
    HELP = (
        "Each column is one model in a process of its own. Press `i` to type a message; Enter sends it to both. Esc "
        "stops the answers, or leaves the text field. The arrow keys choose a column, `m` sets its model and strategy."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", key_display="esc"),
        Binding("escape", "leave", "Leave text", key_display="esc"),
        Binding("i", "write", "Write"),
        Binding("m", "set_up", "Model"),
        Binding("c", "copy", "Copy"),
        Binding("w", "save", "Save"),
        Binding("r", "reset", "Reset"),
        Binding("a", "restart", "Restart"),
        Binding("left,right", "other_column", "Column", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._columns = [Column(Setup(name), share=len(MODELS)) for name in MODELS]
        self._target = self._columns[0]
        """The column that keys apply to."""
        self._models: list[str] = []

    def compose_body(self) -> ComposeResult:
        """Yield the columns and the text field."""
        with Horizontal(id="columns"):
            yield from self._columns
        yield Prompt(placeholder=PLACEHOLDER, soft_wrap=True, show_line_numbers=False)

    async def load(self) -> None:
        """Load the names of the models, and which of the columns' models are missing."""
        names = [column.setup.model for column in self._columns]
        self._models, missing = await self.call_store(
            lambda store: (available_models(store), [missing_model(store, name) for name in names])
        )
        for column, name, error in zip(self._columns, names, missing, strict=True):
            if column.setup.model == name:
                column.set_missing(error)

    def on_mount(self) -> None:
        """Focus a column whenever the user comes to this screen, so that `i` always leads to the text field."""
        self.app.mode_change_signal.subscribe(self, lambda mode: self.set_focus(self._target), immediate=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the keys that have an effect now."""
        if action == "stop":
            return any(column.is_busy for column in self._columns)
        if action == "leave":
            return isinstance(self.focused, Prompt) and not any(column.is_busy for column in self._columns)
        if action == "restart":
            return self._target.state in ("failed", "ended")
        return True

    def on_column_changed(self) -> None:
        """Other keys may be enabled."""
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        """Keys apply to the focused column from now on."""
        if isinstance(self.focused, Column):
            self._target = self.focused
        for column in self._columns:
            column.set_class(column is self._target and not isinstance(self.focused, Prompt), "-target")
        self.refresh_bindings()

    async def on_prompt_sent(self, event: Prompt.Sent) -> None:
        """Send the message to all models that can answer."""
        if any(column.is_busy for column in self._columns):
            self.notify("wait for the answers, or stop them with Esc", severity="warning")
            return
        ready = [column for column in self._columns if column.can_answer]
        if not ready:
            self.notify("no model can answer: the columns say why", severity="warning")
            return
        try:
            strategies = await asyncio.to_thread(self._strategies)
            systems = [self._system(column.setup, strategies) for column in ready]
        except OrcaError as error:
            self.orca.show_error(error)
            return
        self.query_one(Prompt).clear()
        directory = str(self.workspace.directory)
        await asyncio.gather(
            *(column.ask(directory, event.text, system) for column, system in zip(ready, systems, strict=True))
        )

    def action_write(self) -> None:
        """Go to the text field."""
        self.set_focus(self.query_one(Prompt))

    def action_leave(self) -> None:
        """Leave the text field."""
        self.set_focus(self._target)

    def action_other_column(self) -> None:
        """Go to the other column."""
        self.set_focus(self._columns[1 - self._columns.index(self._target)])

    async def action_stop(self) -> None:
        """Stop all answers."""
        for column in self._columns:
            await column.stop()

    async def action_reset(self) -> None:
        """Start both conversations over."""
        for column in self._columns:
            await column.reset()
        self.set_focus(self.query_one(Prompt))

    async def action_restart(self) -> None:
        """Restart the model of the column."""
        await self._target.start(str(self.workspace.directory))

    def action_copy(self) -> None:
        """Copy the last answer of the column to the clipboard of the terminal."""
        answer = printable(self._target.last_answer).strip()
        if not answer:
            self.notify("there is no answer to copy in this column", severity="warning")
            return
        self.app.copy_to_clipboard(answer)
        self.notify(f"copied {len(answer):,} characters")

    def action_save(self) -> None:
        """Save both conversations to a file."""
        if not any(column.turns for column in self._columns):
            self.notify("there is no conversation to save yet", severity="warning")
            return
        self.attempt(self._save, "save")

    async def action_set_up(self) -> None:
        """Change the model and settings of the column."""
        column = self._target
        try:
            strategies = await asyncio.to_thread(self._strategies)
        except OrcaError as error:
            self.orca.show_error(error)
            return

        async def chosen(values: Values | None) -> None:
            if values is not None and (setup := setup_of(values)) != column.setup:
                await column.change(setup)
                self.load_now()

        await self.app.push_screen(SetupDialog(column.setup, self._models, list(strategies)), chosen)

    async def _save(self) -> None:
        directory = self.workspace.directory
        conversations = [(column.setup, tuple(column.turns)) for column in self._columns]
        path = await asyncio.to_thread(save_conversations, directory, conversations, datetime.now())
        self.notify(f"saved as {path.relative_to(directory)}", markup=False)

    def _strategies(self) -> dict[str, Strategy]:
        return load_strategies(self.workspace.directory / "strategies.toml")

    def _system(self, setup: Setup, strategies: dict[str, Strategy]) -> str:
        """Return the strategy's text for the student, or the system message that the student was trained with."""
        strategy = strategies.get(setup.strategy)
        return (strategy.student if strategy else "") or self.workspace.settings.dataset.system_message
