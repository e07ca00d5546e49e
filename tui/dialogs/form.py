"""The base of dialogs with fields."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from tui.text import plain

T = TypeVar("T")


class Form(ModalScreen[T | None]):
    """Fields above buttons. Enter in a field accepts the form, Escape returns None."""

    DEFAULT_CSS = """
    Form { align: center middle;
      & > VerticalScroll { width: 68; max-width: 95%; height: auto; max-height: 90%; border: round $primary;
        background: $surface; padding: 1 2; border-title-style: bold; }
      .buttons { height: auto; align-horizontal: right; margin-top: 1; }
      Button { margin-left: 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Cancel")]
    yes, no = "OK", "Cancel"
    """The labels of the buttons that accept and cancel the form; without the second label there is no such button."""
    scrolls: ClassVar[bool] = False
    """Whether the keys can scroll the form."""

    def compose(self) -> ComposeResult:
        """Yield fields and buttons."""
        with VerticalScroll(can_focus=self.scrolls) as frame:
            frame.border_title = plain(self.title or "")
            yield from self.compose_fields()
            with Horizontal(classes="buttons"):
                if self.no:
                    yield Button(self.no, id="no")
                yield Button(self.yes, id="yes", variant="primary")

    def compose_fields(self) -> ComposeResult:
        """Yield the fields."""
        raise NotImplementedError

    def answer(self) -> T | None:
        """Return the value of the fields; show what is wrong and return None if they are invalid."""
        raise NotImplementedError

    def action_accept(self) -> None:
        """Close with the value of the fields."""
        answer = self.answer()
        if answer is not None:
            self.dismiss(answer)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Accept the form."""
        event.stop()
        self.action_accept()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Accept the form, or cancel it."""
        event.stop()
        if event.button.id == "yes":
            self.action_accept()
        else:
            self.dismiss(None)
