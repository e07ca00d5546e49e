"""Plain, possibly untrusted text of any length, wrapped and scrolled by the line."""

from __future__ import annotations

import asyncio
from functools import partial

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orca_local.domain.text import printable

MAX_CHARACTERS = 1_000_000
"""Longer texts are cut, with a note."""


class TextView(ScrollView, can_focus=True):
    """Draws the visible lines; a thread wraps them to the width."""

    DEFAULT_CSS = """
    TextView { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; padding: 0 1; }
    """

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text = text
        """The whole text."""
        self._lines: list[str] = []

    def show(self, text: str) -> None:
        """Show another text from its beginning."""
        if text != self.text:
            self.text = text
            self.scroll_home(animate=False, immediate=True)
            self._wrap_soon()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the text to the new width."""
        self._wrap_soon()

    def watch_show_vertical_scrollbar(self) -> None:
        """Wrap the text again: the scroll bar takes a column of it, or gives one back."""
        self._wrap_soon()

    def render_line(self, y: int) -> Strip:
        """Draw the line at this place."""
        width, number = self.scrollable_content_region.width, round(self.scroll_y) + y
        line = self._lines[number] if number < len(self._lines) else ""
        return Strip([Segment(set_cell_size(line, width), self.rich_style)], width)

    def _wrap_soon(self) -> None:
        self.run_worker(self._wrap, exclusive=True, group="wrap")  # type: ignore[arg-type]

    async def _wrap(self) -> None:
        self._lines = await asyncio.to_thread(partial(wrapped, self.text, max(1, self.scrollable_content_region.width)))
        self.virtual_size = Size(1, len(self._lines))
        self.refresh()


def wrapped(text: str, width: int) -> list[str]:
    """Return `text` as lines of at most `width` cells, broken between words if possible."""
    cut = text[:MAX_CHARACTERS]
    lines: list[str] = []
    for line in printable(cut).expandtabs(4).split("\n"):
        if len(line) <= width and cell_len(line) <= width:
            lines.append(line)
        else:
            lines += [part.plain for part in Content(line).wrap(width)]
    if len(text) > len(cut):
        lines.append(f"… {len(text) - len(cut):,} more characters")
    return lines
