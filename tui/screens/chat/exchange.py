"""A question and its answer, as they grow."""

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
        """The question alone."""
        self._draw()

    def add(self, said: AnswerDelta) -> None:
        """More of the answer, and how quickly it comes."""
        self.answer += said.text
        rate = f" · {said.tokens_per_second:.1f} tokens/s" if said.tokens_per_second else ""
        self._note = f"{said.tokens:,} tokens{rate} …"
        self._draw()

    def finish(self, done: Done) -> None:
        """The answer is whole, or as whole as it gets."""
        self.done = done
        self._note, self._is_error = describe(done), done.finish_reason == "error"
        self._draw()

    def say(self, note: str, *, is_error: bool = False) -> None:
        """What stands below the answer, or in its place."""
        self._note, self._is_error = note, is_error
        self._draw()

    def _draw(self) -> None:
        style = "$error" if self._is_error else "$foreground-muted"
        parts = [plain(f"› {self.question}").stylize("bold $primary")]
        # Cleaned as a whole: a control sequence may have come in two pieces.
        parts += [plain(self.answer.strip())] if self.answer.strip() else []
        parts += [plain(self._note).stylize(style)] if self._note else []
        self.update(Content("\n").join(parts))
