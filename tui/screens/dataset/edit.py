"""A reviewer's words in place of the teacher's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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


class EditDialog(ModalScreen[None]):
    """An answer's text; nothing of it is lost unasked."""

    DEFAULT_CSS = """
    EditDialog { align: center middle;
      & > Vertical { width: 96%; height: 90%; border: round $primary; background: $surface; border-title-style: bold; }
      TextArea, TextArea:focus { height: 1fr; border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save"),
        Binding("ctrl+r", "restore", "The teacher's words"),
        Binding("escape", "leave", "Leave"),
    ]

    def __init__(self, title: str, text: str, original: str, save: Callable[[str], Awaitable[None]]) -> None:
        """`original` is what the teacher wrote; `save` keeps a text, or raises `OrcaError`."""
        super().__init__()
        self._title, self._original, self._save = title, printable(original), save
        self._before = printable(text)

    def compose(self) -> ComposeResult:
        """The text and its keys."""
        with Vertical() as frame:
            frame.border_title = plain(self._title)
            yield TextArea(self._before)
            yield Footer(show_command_palette=False)

    @property
    def _area(self) -> TextArea:
        return self.query_one(TextArea)

    def action_save(self) -> None:
        """Keep the text; an empty one is none."""
        if not self._area.text.strip():
            self.notify("the text is empty: leave, and reject the answer with r", severity="warning")
        elif not self._is_changed:
            self.dismiss(None)
        else:
            self.run_worker(self._keep(self._area.text), exclusive=True)

    def action_restore(self) -> None:
        """Put the teacher's own words back; nothing is saved yet."""
        self._area.text = self._original

    def action_leave(self) -> None:
        """At once where nothing was changed."""
        if not self._is_changed:
            self.dismiss(None)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.dismiss(None)

        text = "The answer has been changed and is not saved."
        self.app.push_screen(Dialog("Throw the changes away?", text, yes="Throw away", no="Go on editing"), answered)

    @property
    def _is_changed(self) -> bool:
        # The area has its own idea of line ends.
        return self._area.text.splitlines() != self._before.splitlines()

    async def _keep(self, text: str) -> None:
        try:
            await self._save(text)
        except OrcaError as error:
            self.app.push_screen(ErrorDialog(error))
            return
        self.dismiss(None)
