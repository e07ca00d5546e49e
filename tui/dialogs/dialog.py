"""A question with a title, a text and two buttons; and the dialog that shows an error."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from orca_local.domain.errors import OrcaError
from tui.text import plain


class Dialog(ModalScreen[bool]):
    """Asks a question: Enter answers yes, Escape no."""

    DEFAULT_CSS = """
    Dialog { align: center middle;
      & > VerticalScroll { width: 64; max-width: 90%; height: auto; max-height: 80%; border: round $primary;
        background: $surface; padding: 1 2; border-title-style: bold; }
      .buttons { height: auto; align-horizontal: right; margin-top: 1; }
      Button { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#yes"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(False)", "Cancel")]

    def __init__(self, title: str, text: str, *, yes: str = "OK", no: str = "Cancel") -> None:
        super().__init__()
        self._title, self._text, self._yes, self._no = title, text, yes, no

    def compose(self) -> ComposeResult:
        """Yield text and buttons."""
        with VerticalScroll() as frame:
            frame.border_title = plain(self._title)
            yield Static(plain(self._text))
            with Horizontal(classes="buttons"):
                if self._no:
                    yield Button(self._no, id="no")
                yield Button(self._yes, id="yes", variant="primary")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the answer."""
        event.stop()
        self.dismiss(event.button.id == "yes")


class ErrorDialog(Dialog):
    """Shows an error and its remedy."""

    def __init__(self, error: OrcaError) -> None:
        text = error.message + (f"\n\n{error.hint}" if error.hint else "")
        super().__init__("Error", text, yes="Close", no="")
