"""A question with a title, a text and two buttons; and the dialog that shows an error."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from orca_local.domain.errors import OrcaError
from tui.dialogs.form import Form
from tui.text import plain


class Dialog(Form[bool]):
    """Asks a question: Enter answers yes, Escape no."""

    DEFAULT_CSS = "Dialog > VerticalScroll { width: 64; max-width: 90%; max-height: 80%; }"
    AUTO_FOCUS = "#yes"
    scrolls = True

    def __init__(self, title: str, text: str, *, yes: str = "OK", no: str = "Cancel") -> None:
        super().__init__()
        self.title, self.text, self.yes, self.no = title, text, yes, no

    def compose_fields(self) -> ComposeResult:
        """Yield the text."""
        yield Static(plain(self.text))

    def answer(self) -> bool:
        """The answer of the button that accepts."""
        return True


class ErrorDialog(Dialog):
    """Shows an error and its remedy."""

    def __init__(self, error: OrcaError) -> None:
        text = error.message + (f"\n\n{error.hint}" if error.hint else "")
        super().__init__("Error", text, yes="Close", no="")
