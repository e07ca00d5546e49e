"""Base and tuned side by side: one question, two answers as they are written."""

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
from tui.screens.base import WorkspaceScreen
from tui.screens.chat.column import Column
from tui.screens.chat.prompt import Prompt
from tui.screens.chat.setup import SetupDialog

MODELS = ("base", "tuned")
PLACEHOLDER = "Enter sends, ctrl+j makes a new line, Escape leads to the keys below"


class ChatScreen(WorkspaceScreen):
    """Two conversations with the same questions."""

    MODE = "chat"
    CSS_PATH = "chat.tcss"
    AUTO_FOCUS = "Prompt"
    STAGES = frozenset({"base", "probe", "export", "evaluate", "train"})
    HELP = (
        "Each column is one model in a process of its own. What you type goes to both. Escape stops an answer, "
        "or leaves the field for the keys: `i` writes again, arrows choose a column, `m` its model and strategy."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", key_display="esc"),
        Binding("escape", "leave", "Keys", key_display="esc"),
        Binding("i", "write", "Write"),
        Binding("m", "set_up", "Model"),
        Binding("c", "copy", "Copy"),
        Binding("w", "save", "Save"),
        Binding("r", "reset", "Reset"),
        Binding("a", "again", "Again"),
        Binding("left,right", "other", "Column", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._columns = [Column(Setup(name), share=len(MODELS)) for name in MODELS]
        self._target = self._columns[0]
        """The column that keys mean."""
        self._models: list[str] = []

    def compose_body(self) -> ComposeResult:
        """The columns above the field."""
        with Horizontal(id="columns"):
            yield from self._columns
        yield Prompt(placeholder=PLACEHOLDER, soft_wrap=True, show_line_numbers=False)

    async def load(self) -> None:
        """Which models there are."""
        names = [column.setup.model for column in self._columns]
        self._models, missing = await self.ask(
            lambda store: (available_models(store), [missing_model(store, name) for name in names])
        )
        for column, name, error in zip(self._columns, names, missing, strict=True):
            if column.setup.model == name:
                column.miss(error)
        if all(missing) and isinstance(self.focused, Prompt) and not self.focused.text:
            self.set_focus(self._target)  # there is nobody to write to: keys lead to what makes a model

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that mean something here and now."""
        if action == "stop":
            return any(column.is_busy for column in self._columns)
        if action == "leave":
            return isinstance(self.focused, Prompt) and not any(column.is_busy for column in self._columns)
        if action == "again":
            return self._target.state in ("failed", "ended")
        return True

    def on_column_changed(self) -> None:
        """Other keys may mean something."""
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        """The column that keys mean from now on."""
        if isinstance(self.focused, Column):
            self._target = self.focused
        for column in self._columns:
            column.set_class(column is self._target and not isinstance(self.focused, Prompt), "-target")
        self.refresh_bindings()

    async def on_prompt_sent(self, event: Prompt.Sent) -> None:
        """Ask all that can be asked, at the same time."""
        workspace = self.orca.workspace
        assert workspace is not None
        if any(column.is_busy for column in self._columns):
            self.notify("wait for the answers, or stop them with Escape", severity="warning")
            return
        asked = [column for column in self._columns if column.can_be_asked]
        if not asked:
            self.notify("no model can answer: see what the columns say", severity="warning")
            return
        try:
            strategies = await asyncio.to_thread(self._strategies)
            systems = [self._system(column.setup, strategies) for column in asked]
        except OrcaError as error:
            self.orca.show_error(error)
            return
        self.query_one(Prompt).clear()
        directory = str(workspace.directory)
        await asyncio.gather(
            *(column.ask(directory, event.text, system) for column, system in zip(asked, systems, strict=True))
        )

    def action_write(self) -> None:
        """Back to the field."""
        self.query_one(Prompt).focus()

    def action_leave(self) -> None:
        """From the field to the keys."""
        self._target.focus()

    def action_other(self) -> None:
        """The other column."""
        self._columns[1 - self._columns.index(self._target)].focus()

    async def action_stop(self) -> None:
        """Leave all answers as they are."""
        for column in self._columns:
            await column.stop()

    async def action_reset(self) -> None:
        """Begin both conversations anew."""
        for column in self._columns:
            await column.reset()
        self.query_one(Prompt).focus()

    async def action_again(self) -> None:
        """Start a model's process again."""
        assert self.orca.workspace is not None
        await self._target.begin(str(self.orca.workspace.directory))

    def action_copy(self) -> None:
        """The last answer of the column to the clipboard, through the terminal."""
        answer = printable(self._target.last_answer).strip()
        if not answer:
            self.notify("there is no answer to copy in this column", severity="warning")
            return
        self.app.copy_to_clipboard(answer)
        self.notify(f"copied {len(answer):,} characters")

    def action_save(self) -> None:
        """Write both conversations to a file."""
        if not any(column.turns for column in self._columns):
            self.notify("there is no conversation to save yet", severity="warning")
            return
        self.run_worker(self._save(), group="save")

    async def action_set_up(self) -> None:
        """Ask for the column's model and settings."""
        column = self._target
        try:
            strategies = await asyncio.to_thread(self._strategies)
        except OrcaError as error:
            self.orca.show_error(error)
            return

        async def chosen(setup: Setup | None) -> None:
            if setup is not None and setup != column.setup:
                await column.change(setup)
                self.load_now()

        await self.app.push_screen(SetupDialog(column.setup, self._models, list(strategies)), chosen)

    async def _save(self) -> None:
        assert self.orca.workspace is not None
        directory = self.orca.workspace.directory
        said = [(column.setup, tuple(column.turns)) for column in self._columns]
        try:
            path = await asyncio.to_thread(save_conversations, directory, said, datetime.now())
        except OrcaError as error:
            self.orca.show_error(error)
            return
        self.notify(f"saved as {path.relative_to(directory)}", markup=False)

    def _strategies(self) -> dict[str, Strategy]:
        assert self.orca.workspace is not None
        return load_strategies(self.orca.workspace.directory / "strategies.toml")

    def _system(self, setup: Setup, strategies: dict[str, Strategy]) -> str:
        """The system message of a column: a strategy's text, or the one that the student was trained with."""
        assert self.orca.workspace is not None
        if setup.strategy in strategies:
            return strategies[setup.strategy].student
        return self.orca.workspace.settings.dataset.system_message
