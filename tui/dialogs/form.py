"""The frame of dialogs that ask for more than yes or no."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input

T = TypeVar("T")


class Form(ModalScreen[T | None]):
    """Fields in a frame, buttons below; Enter in a field takes them, Escape answers with None."""

    DEFAULT_CSS = """
    Form { align: center middle;
      & > VerticalScroll { width: 68; max-width: 95%; height: auto; max-height: 90%; border: round $primary;
        background: $surface; padding: 1 2; border-title-style: bold; }
      .buttons { height: auto; align-horizontal: right; margin-top: 1; }
      Button { margin-left: 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Cancel")]
    YES: ClassVar[str] = "OK"

    def compose(self) -> ComposeResult:
        """Fields above buttons."""
        with VerticalScroll(can_focus=False) as frame:
            frame.border_title = self.heading
            yield from self.compose_fields()
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="no")
                yield Button(self.yes, id="yes", variant="primary")

    @property
    def heading(self) -> str:
        """What stands in the frame."""
        return self.TITLE or ""

    @property
    def yes(self) -> str:
        """What the button says that takes the fields."""
        return self.YES

    def compose_fields(self) -> ComposeResult:
        """What is asked for."""
        raise NotImplementedError

    def answer(self) -> T | None:
        """What the fields say; None where that will not do, which the form says by itself."""
        raise NotImplementedError

    def action_take(self) -> None:
        """Close with what the fields say."""
        answer = self.answer()
        if answer is not None:
            self.dismiss(answer)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a field."""
        event.stop()
        self.action_take()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the fields, or leave."""
        event.stop()
        if event.button.id == "yes":
            self.action_take()
        else:
            self.dismiss(None)
