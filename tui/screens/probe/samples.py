"""The samples of one cell: prompt, answer, extracted answer, reference, right or wrong."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from orca_local.views.probe_matrix import SampleResult
from tui.text import plain
from tui.widgets.listing import Column, Listing


def _mark(value: float | None) -> str:
    if value is None:
        return "✗ none"
    return "✓" if value >= 1 else "✗" if value <= 0 else f"{value:.2f}"


def _answer(text: str | None) -> str:
    return "–" if text is None else text


COLUMNS = [
    Column[SampleResult]("", lambda result: _mark(result.measurement.value), 6),
    Column[SampleResult]("sample", lambda result: result.sample.id, 24),
    Column[SampleResult]("extracted", lambda result: _answer(result.measurement.extracted), 14),
    Column[SampleResult]("any form", lambda result: _answer(result.measurement.lenient_extracted), 10),
    Column[SampleResult]("reference", lambda result: " / ".join(result.sample.answers)),
    Column[SampleResult]("tokens", lambda result: str(result.measurement.completion_tokens), 6, is_number=True),
    Column[SampleResult]("finish", lambda result: result.measurement.finish_reason, 9),
]


class SamplesScreen(ModalScreen[None]):
    """A table of samples, and below it the texts of the sample under the cursor."""

    DEFAULT_CSS = "SamplesScreen { background: $surface; layout: vertical; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Back")]

    def __init__(self, title: str, results: list[SampleResult]) -> None:
        super().__init__()
        self._title, self._results = title, results

    def compose(self) -> ComposeResult:
        """Title, table, texts."""
        yield Static(plain(self._title), id="head")
        yield Listing(COLUMNS, lambda result: result.sample.id, id="answers")
        with VerticalScroll(id="text"):
            yield Static("", id="sample")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the samples and focus the table."""
        listing = self.query_one(Listing)
        listing.show(self._results)
        listing.focus()

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """Show the texts of the sample."""
        result = event.listing.current
        if result is None:
            return
        parts = [
            ("system message", result.measurement.system_message),
            *((f"earlier turn: {turn.role}", turn.content) for turn in result.sample.earlier_turns),
            ("prompt", result.sample.prompt),
            ("answer", result.measurement.completion),
        ]
        texts = [Content.assemble((f"{name}\n", "bold"), plain(text), "\n\n") for name, text in parts if text]
        self.query_one("#sample", Static).update(Content.assemble(*texts))
        self.query_one("#text", VerticalScroll).scroll_home(animate=False)
