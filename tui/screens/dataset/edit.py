"""A dialog to edit an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, TextArea

from orca_local.domain.errors import OrcaError
from orca_local.domain.text import printable
from tui.dialogs.dialog import Dialog, ErrorDialog
from tui.text import plain
from tui.workers import start_job


class EditDialog(ModalScreen[None]):
    """The text of an answer; unsaved changes are not discarded without asking."""

    DEFAULT_CSS = """
    EditDialog { align: center middle;
      & > Vertical { width: 96%; height: 90%; border: round $primary; background: $surface; border-title-style: bold; }
      TextArea, TextArea:focus { height: 1fr; border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save"),
        Binding("ctrl+r", "restore", "Restore"),
        Binding("escape", "close", "Close"),
    ]

    def __init__(self, title: str, text: str, original: str, save: Callable[[str], Awaitable[None]]) -> None:
        """`original` is the teacher's text; `save` stores an edited text or raises `OrcaError`."""
        super().__init__()
        self._title, self._original, self._save = title, printable(original), save
        self._before = printable(text)

    def compose(self) -> ComposeResult:
        """Yield the text and the keys."""
        with Vertical() as frame:
            frame.border_title = plain(self._title)
            yield TextArea(self._before)
            yield Footer(show_command_palette=False)

    @property
    def _area(self) -> TextArea:
        return self.query_one(TextArea)

    def action_save(self) -> None:
        """Save the text and close; an empty text is not saved."""
        if not self._area.text.strip():
            self.notify("the text is empty: to drop the answer, close and reject it with r", severity="warning")
        elif not self._is_changed:
            self.dismiss(None)
        else:
            start_job(self, partial(self._save_and_close, self._area.text), holds_keys=True)

    def action_restore(self) -> None:
        """Put the teacher's text back, without saving it."""
        self._area.text = self._original

    def action_close(self) -> None:
        """Close; ask first if there are unsaved changes."""
        if not self._is_changed:
            self.dismiss(None)
            return

        def answered(is_confirmed: bool | None) -> None:
            if is_confirmed:
                self.dismiss(None)

        text = "The edited answer is not saved."
        self.app.push_screen(Dialog("Discard the changes?", text, yes="Discard", no="Keep editing"), answered)

    @property
    def _is_changed(self) -> bool:
        # The text area normalizes line ends.
        return self._area.text.splitlines() != self._before.splitlines()

    async def _save_and_close(self, text: str) -> None:
        try:
            await self._save(text)
        except OrcaError as error:
            self.app.push_screen(ErrorDialog(error))
            return
        self.dismiss(None)
