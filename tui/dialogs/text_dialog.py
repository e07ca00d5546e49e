"""A long text with a title, as a question or only to read."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button

from tui.text import one_line
from tui.widgets.text_view import TextView


class TextDialog(ModalScreen[bool]):
    """Scrolls its text; Enter and Escape close it and answer no."""

    DEFAULT_CSS = """
    TextDialog { align: center middle;
      & > Vertical { width: 90%; height: 90%; border: round $primary; background: $surface; padding: 1 1 0 1;
        border-title-style: bold; border-subtitle-color: $text-muted; }
      TextView { background: $surface; }
      Horizontal { height: auto; align-horizontal: right; margin-top: 1; }
      Button { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "Close"),
        *(
            Binding(where.replace("_", ""), f"scroll_text('{where}')", where, show=False)
            for where in ("up", "down", "page_up", "page_down", "home", "end")
        ),
    ]

    def __init__(self, title: str, text: str, *, yes: str = "", no: str = "Close") -> None:
        super().__init__()
        self._title, self._text, self._yes, self._no = title, text, yes, no

    def compose(self) -> ComposeResult:
        """Yield text and buttons."""
        with Vertical() as frame:
            frame.border_title = one_line(self._title, 200)
            frame.border_subtitle = "↑↓ scroll · Tab buttons · Esc closes" if self._yes else "↑↓ scroll · Esc closes"
            yield TextView(self._text)
            with Horizontal():
                yield Button(self._no, id="no")
                if self._yes:
                    yield Button(self._yes, id="yes", variant="primary")

    def action_scroll_text(self, where: str) -> None:
        """Scroll the text, whatever is focused."""
        view = self.query_one(TextView)
        getattr(view, f"action_{where}" if where.startswith("page") else f"action_scroll_{where}")()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the answer."""
        event.stop()
        self.dismiss(event.button.id == "yes")
