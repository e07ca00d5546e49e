"""The samples behind a cell: prompt, answer, what was extracted, reference, right or wrong."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from orca_local.views.probe_matrix import Answered
from tui.text import plain
from tui.widgets.listing import Column, Listing


def _mark(value: float | None) -> str:
    if value is None:
        return "✗ none"
    return "✓" if value >= 1 else "✗" if value <= 0 else f"{value:.2f}"


COLUMNS = [
    Column[Answered]("", lambda item: _mark(item.measurement.value), 6),
    Column[Answered]("sample", lambda item: item.sample.id, 24),
    Column[Answered]("extracted", lambda item: "–" if (e := item.measurement.extracted) is None else e, 14),
    Column[Answered]("reference", lambda item: " / ".join(item.sample.answers)),
    Column[Answered]("tokens", lambda item: str(item.measurement.completion_tokens), 6, is_number=True),
    Column[Answered]("ends", lambda item: item.measurement.finish_reason, 9),
]


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
        yield Listing(COLUMNS, lambda item: item.sample.id, id="answers")
        with VerticalScroll(id="text"):
            yield Static("", id="sample")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """A row a sample, the wrong ones first."""
        listing = self.query_one(Listing)
        listing.show(self._found)
        listing.focus()

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """Its texts."""
        item = event.listing.current
        if item is None:
            return
        parts = {
            "system": item.measurement.system_message,
            "prompt": item.sample.prompt,
            "answer": item.measurement.completion,
        }
        texts = [Content.assemble((f"{name}\n", "bold"), plain(text), "\n\n") for name, text in parts.items() if text]
        self.query_one("#sample", Static).update(Content.assemble(*texts))
        self.query_one("#text", VerticalScroll).scroll_home(animate=False)
