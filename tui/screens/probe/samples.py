"""The samples behind a cell: prompt, answer, what was extracted, reference, right or wrong."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Static

from orca_local.probe.matrix import Answered
from tui.text import cell, plain


class SamplesScreen(ModalScreen[None]):
    """A table above, the sample under the cursor below."""

    DEFAULT_CSS = "SamplesScreen { background: $surface; layout: vertical; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Back")]

    def __init__(self, title: str, found: list[Answered]) -> None:
        super().__init__()
        self._title, self._found = title, found

    def compose(self) -> ComposeResult:
        """Title, table, text."""
        yield Static(plain(self._title), id="head")
        yield DataTable(id="answers", cursor_type="row")
        with VerticalScroll(id="text"):
            yield Static("", id="sample")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """A row a sample, the wrong ones first."""
        table = self.query_one(DataTable)
        table.add_columns("", "sample", "extracted", "reference", "tokens", "ends")
        for item in self._found:
            row = item.measurement
            table.add_row(
                _mark(row.value),
                cell(item.sample.id, 24),
                cell(row.extracted if row.extracted is not None else "–", 20),
                cell(" / ".join(item.sample.answers), 20),
                str(row.completion_tokens),
                row.finish_reason,
            )
        table.focus()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Its texts."""
        if not self._found:
            return
        item = self._found[event.cursor_row]
        parts = {
            "system": item.measurement.system_message,
            "prompt": item.sample.prompt,
            "answer": item.measurement.completion,
        }
        texts = [Content.assemble((f"{name}\n", "bold"), plain(text), "\n\n") for name, text in parts.items() if text]
        self.query_one("#sample", Static).update(Content.assemble(*texts))
        self.query_one("#text", VerticalScroll).scroll_home(animate=False)


def _mark(value: float | None) -> str:
    if value is None:
        return "✗ none"
    return "✓" if value >= 1 else "✗" if value <= 0 else f"{value:.2f}"
