"""The text field for messages: Enter sends, ctrl+j starts a new line."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea


class Prompt(TextArea):
    """A text field of a few lines."""

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
        """A message was sent."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def on_mount(self) -> None:
        """Turn off blinking: over SSH, it would be sent twice a second."""
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        # Handled like letters: a priority binding would be handled before letters that are still queued.
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.action_send()

    def action_send(self) -> None:
        """Send the text; the receiver clears the field."""
        if self.text.strip():
            self.post_message(self.Sent(self.text.strip()))

    def action_new_line(self) -> None:
        """Start a new line."""
        self.insert("\n")
