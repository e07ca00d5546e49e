"""A long text with a title, as a question or only to read."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button

from tui.dialogs.dialog import Dialog
from tui.text import one_line
from tui.widgets.text_view import TextView


class TextDialog(Dialog):
    """Scrolls its text; Enter and Escape close it and answer no."""

    DEFAULT_CSS = """
    TextDialog {
      & > Vertical { width: 90%; height: 90%; border: round $primary; background: $surface; padding: 1 1 0 1;
        border-title-style: bold; border-subtitle-color: $text-muted; }
      TextView { background: $surface; }
    }
    """
    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close"),
        *(
            Binding(where.replace("_", ""), f"scroll_text('{where}')", where, show=False)
            for where in ("up", "down", "page_up", "page_down", "home", "end")
        ),
    ]

    def __init__(self, title: str, text: str, *, yes: str = "", no: str = "Close") -> None:
        super().__init__(title, text, yes=yes, no=no)

    def compose(self) -> ComposeResult:
        """Yield text and buttons."""
        with Vertical() as frame:
            frame.border_title = one_line(self.title or "", 200)
            frame.border_subtitle = "↑↓ scroll · Tab buttons · Esc closes" if self.yes else "↑↓ scroll · Esc closes"
            yield TextView(self.text)
            with Horizontal(classes="buttons"):
                yield Button(self.no, id="no")
                if self.yes:
                    yield Button(self.yes, id="yes", variant="primary")

    def action_scroll_text(self, where: str) -> None:
        """Scroll the text, whatever is focused."""
        view = self.query_one(TextView)
        getattr(view, f"action_{where}" if where.startswith("page") else f"action_scroll_{where}")()
