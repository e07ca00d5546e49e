"""A question with its reference, and the answer beside it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from orca_local.domain.types import Sample
from orca_local.store.demonstrations import DemonstrationRow
from tui.text import plain

VERDICTS = {True: "✓ right", False: "✗ differs", None: "– unknown"}
"""Whether an answer agrees with its reference, in a word."""
_SENTENCES = {
    True: "✓ agrees with the reference",
    False: "✗ differs from the reference",
    None: "– there is no reference to agree with",
}


class AnswerView(Horizontal):
    """Both may be longer than the screen: each scrolls by itself."""

    DEFAULT_CSS = """
    AnswerView { height: 1fr;
      VerticalScroll { width: 1fr; height: 100%; border: round $panel; border-title-color: $text-muted; padding: 0 1;
        scrollbar-size-vertical: 1; }
      VerticalScroll:focus { border: round $primary; }
    }
    """

    def compose(self) -> ComposeResult:
        """Answer and question."""
        with VerticalScroll(id="answer"):
            yield Static("")
        with VerticalScroll(id="question"):
            yield Static("")

    def clear(self) -> None:
        """Nothing is chosen."""
        self.show_answer(Content(""), "answer")
        self._show("question", Content(""), "question")

    def show(self, row: DemonstrationRow, sample: Sample, notes: Sequence[str] = ()) -> None:
        """An answer, and what it was given to; `notes` are lines about it."""
        self.show_answer(plain(row.text), "edited answer" if row.edited else "answer")
        self.show_question(row, sample, notes)

    def show_question(self, row: DemonstrationRow, sample: Sample, notes: Sequence[str] = ()) -> None:
        """The question's side alone."""
        about = f"{sample.task} · {sample.id} · {row.strategy}\n"
        reference = " | ".join(sample.answers) or sample.rationale or "(none)"
        hinted = ["the teacher was shown the reference"] if row.hinted else []
        said = "".join(f"{line}\n" for line in (_SENTENCES[row.verified], *hinted, *notes))
        question = Content.assemble(
            plain(about),
            ("reference  ", "bold"),
            plain(reference),
            plain(f"\n{said}\n"),
            plain(sample.prompt),
        )
        self._show("question", question, "question")

    def show_answer(self, content: Content, title: str) -> None:
        """The answer's side alone."""
        self._show("answer", content, title)

    def _show(self, name: str, content: Content, title: str) -> None:
        place = self.query_one(f"#{name}", VerticalScroll)
        place.border_title = title
        place.query_one(Static).update(content)
        place.scroll_home(animate=False)
