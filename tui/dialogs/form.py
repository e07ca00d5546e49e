"""The frame of dialogs that ask for more than yes or no."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import BindingType
from textual.screen import ModalScreen

T = TypeVar("T")


class Form(ModalScreen[T | None]):
    """Fields in a frame, buttons below; Escape answers with None."""

    DEFAULT_CSS = """
    Form { align: center middle;
      & > VerticalScroll { width: 68; max-width: 95%; height: auto; max-height: 90%; border: round $primary;
        background: $surface; padding: 1 2; border-title-style: bold; }
      .buttons { height: auto; align-horizontal: right; margin-top: 1; }
      Button { margin-left: 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Cancel")]
