"""Shows how much of a long file was read, and lets the user stop it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import ProgressBar, Static

from tui.text import one_line

INTERVAL_SECONDS = 0.1
"""Seconds between two looks at the thread that reads."""


class ImportStopped(Exception):
    """The user stopped an import. Nothing was added."""


@dataclass
class ReadingState:
    """How far a thread has read."""

    done: int = 0
    total: int = 0
    """Bytes of the file; 0 if not known."""
    stop: threading.Event = field(default_factory=threading.Event)

    def update(self, done: int, total: int) -> None:
        """Called by the thread. Raises `ImportStopped` if it shall stop."""
        if self.stop.is_set():
            raise ImportStopped
        self.done, self.total = done, total


class ImportProgress(ModalScreen[None]):
    """Closes by itself when the reading has ended; Escape stops it."""

    DEFAULT_CSS = """
    ImportProgress { align: center middle;
      & > Vertical { width: 64; max-width: 90%; height: auto; border: round $primary; background: $surface;
        padding: 1 2; border-title-style: bold; border-subtitle-color: $text-muted; }
      ProgressBar { width: 1fr; }
      Bar { width: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "stop", "Stop")]

    def __init__(self, name: str, state: ReadingState, reading: asyncio.Task[Any]) -> None:
        super().__init__()
        self._file, self._state, self._reading = name, state, reading

    def compose(self) -> ComposeResult:
        """Yield the bar and what happens."""
        with Vertical() as frame:
            frame.border_title = one_line(f"Import {self._file}", 50)
            frame.border_subtitle = "Esc: stop, and add nothing"
            yield ProgressBar(show_eta=True)
            yield Static("reading…", id="what", markup=False)

    def on_mount(self) -> None:
        """Look at the thread from time to time."""
        self.set_interval(INTERVAL_SECONDS, self._look)

    def on_unmount(self) -> None:
        """Stop the thread if the program ends."""
        if not self._reading.done():
            self._state.stop.set()

    def action_stop(self) -> None:
        """Let the thread stop."""
        self._state.stop.set()
        self.query_one("#what", Static).update("stopping…")

    def _look(self) -> None:
        state = self._state
        if self._reading.done():
            self.dismiss(None)
        elif state.total:
            self.query_one(ProgressBar).update(total=state.total, progress=min(state.done, state.total))
            if state.done >= state.total and not state.stop.is_set():
                self.query_one("#what", Static).update("storing…")
