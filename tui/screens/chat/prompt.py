"""Where a message is typed: Enter sends it, ctrl+j makes a new line."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea


class Prompt(TextArea):
    """Some lines of text that become a question."""

    DEFAULT_CSS = """
    Prompt { height: auto; min-height: 3; max-height: 8; border: round $panel; padding: 0 1;
      border-title-color: $text-muted;
      &:focus { border: round $primary; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send", key_display="⏎"),
        Binding("ctrl+j,shift+enter", "new_line", "New line", key_display="^j"),
    ]

    class Sent(Message):
        """Enter was pressed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def on_mount(self) -> None:
        """A cursor that blinks would be sent over the line twice a second."""
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        # Here, where the letters come too: a binding with priority would overtake those that still wait.
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.action_send()

    def action_send(self) -> None:
        """Hand the text over; whoever takes it empties the field."""
        if self.text.strip():
            self.post_message(self.Sent(self.text.strip()))

    def action_new_line(self) -> None:
        """Go on in the next line."""
        self.insert("\n")
