"""An answer beside its prompt and reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from orca_local.domain.types import Sample
from orca_local.kinds.verdict import SENTENCES, Verdict
from orca_local.store.demonstrations import DemonstrationRow
from tui.text import plain

_MARKS = {
    Verdict.EQUAL: "✓ equal",
    Verdict.EQUAL_VALUE: "✓ value",
    Verdict.SAME_LABEL: "✓ label",
    Verdict.SIMILAR: "≈ similar",
    Verdict.DIFFERENT: "✗ wrong",
    Verdict.UNREADABLE: "✗ no answer",
    Verdict.UNCHECKED: "– none",
}


def verdict_mark(row: DemonstrationRow) -> str:
    """How an answer relates to its reference, for a column of a list."""
    return _MARKS[Verdict(row.verdict)]


def _conversation(sample: Sample) -> Iterator[Content]:
    """Yield the turns, each under its role; a prompt that nothing stands before is alone."""
    for message in sample.messages:
        yield Content.assemble((f"{message.role}\n", "bold"), plain(message.content), "\n\n")
    if sample.messages:
        yield Content.assemble(("user\n", "bold"))
    yield plain(sample.prompt)


class AnswerView(Horizontal):
    """Answer and prompt side by side, each with its own scroll bar."""

    DEFAULT_CSS = """
    AnswerView { height: 1fr;
      VerticalScroll { width: 1fr; height: 100%; border: round $panel; border-title-color: $text-muted; padding: 0 1;
        scrollbar-size-vertical: 1; }
      VerticalScroll:focus { border: round $primary; }
    }
    """

    def compose(self) -> ComposeResult:
        """Yield the two sides."""
        with VerticalScroll(id="answer"):
            yield Static("")
        with VerticalScroll(id="question"):
            yield Static("")

    def clear(self) -> None:
        """Show nothing."""
        self.show_answer(Content(""), "answer")
        self._show("question", Content(""), "question")

    def show(self, row: DemonstrationRow, sample: Sample, notes: Sequence[str] = ()) -> None:
        """Show an answer with its sample; `notes` are lines about the answer."""
        self.show_answer(plain(row.text), "edited answer" if row.edited else "answer")
        about = f"{sample.task} · {sample.id} · {row.strategy}\n"
        reference = " | ".join(sample.answers) or sample.rationale or "(none)"
        hinted = ["the teacher saw the right answer"] if row.hinted else []
        verdict = f"{verdict_mark(row)[0]} {SENTENCES[Verdict(row.verdict)]}"
        lines = "".join(f"{line}\n" for line in (verdict, *hinted, *notes))
        question = Content.assemble(
            plain(about),
            ("reference  ", "bold"),
            plain(reference),
            plain(f"\n{lines}\n"),
            *_conversation(sample),
        )
        self._show("question", question, "question")

    def show_answer(self, content: Content, title: str) -> None:
        """Show `content` in place of the answer."""
        self._show("answer", content, title)

    def _show(self, name: str, content: Content, title: str) -> None:
        side = self.query_one(f"#{name}", VerticalScroll)
        side.border_title = title
        side.query_one(Static).update(content)
        side.scroll_home(animate=False)
