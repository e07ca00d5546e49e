"""The report, shown in the terminal."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Markdown

from orca_local.domain.text import printable
from tui.widgets.lines import Lines

MAX_MARKDOWN_LINES = 150
"""Longest report that is rendered as Markdown; rendering a longer one takes seconds, so it is shown as text."""


class ReportScreen(Screen[None]):
    """The report as Markdown. The names in it are untrusted, so links are not opened."""

    CSS_PATH = "export.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,r", "dismiss", "Back", key_display="esc")]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = printable(text)

    def compose(self) -> ComposeResult:
        """The report and a footer."""
        if self._is_long:
            yield Lines(id="report")
        else:
            with VerticalScroll(id="report"):
                yield Markdown(self._text, open_links=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Focus the report, so that keys scroll it."""
        report = self.query_one("#report")
        if isinstance(report, Lines):
            lines = [[(line, "title" if line.startswith("#") else "")] for line in self._text.splitlines()]
            report.show(lambda width: lines)
        report.focus()

    @property
    def _is_long(self) -> bool:
        return self._text.count("\n") > MAX_MARKDOWN_LINES
