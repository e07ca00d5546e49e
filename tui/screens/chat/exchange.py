"""A question with its answer, while the answer is written and after."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from orca_local.chat.protocol import AnswerDelta, Done
from orca_local.chat.transcript import describe
from tui.text import plain


class Exchange(Static):
    """One turn of a conversation."""

    DEFAULT_CSS = "Exchange { height: auto; margin-bottom: 1; }"

    def __init__(self, question: str, system: str) -> None:
        super().__init__("")
        self.question, self.system = question, system
        self.answer = ""
        self.done: Done | None = None
        self._note, self._is_error = "", False

    def on_mount(self) -> None:
        """Show the question."""
        self._draw()

    def append(self, piece: AnswerDelta) -> None:
        """Append text to the answer, and show the generation rate."""
        self.answer += piece.text
        rate = f" · {piece.tokens_per_second:.1f} tokens/s" if piece.tokens_per_second else ""
        self._note = f"{piece.tokens:,} tokens{rate} …"
        self._draw()

    def finish(self, done: Done) -> None:
        """Show how the answer ended."""
        self.done = done
        self._note, self._is_error = describe(done), done.finish_reason == "error"
        self._draw()

    def set_note(self, note: str, *, is_error: bool = False) -> None:
        """Show a line below the answer."""
        self._note, self._is_error = note, is_error
        self._draw()

    def _draw(self) -> None:
        style = "$error" if self._is_error else "$foreground-muted"
        parts = [plain(f"› {self.question}").stylize("bold $primary")]
        # Cleaned as a whole: a control sequence may arrive in two pieces.
        parts += [plain(self.answer.strip())] if self.answer.strip() else []
        parts += [plain(self._note).stylize(style)] if self._note else []
        self.update(Content("\n").join(parts))
