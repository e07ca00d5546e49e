"""Many styled lines that scroll; only the visible ones are drawn."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orca_local.domain.text import printable

Line = Sequence[tuple[str, str]]
"""Pairs of a text, which may be untrusted, and its style: "", `title`, `muted`, `good` or `bad`."""

MIN_WIDTH = 40


class Lines(ScrollView, can_focus=True):
    """Lines of text; each consists of parts with their own styles."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--title", "lines--muted", "lines--good", "lines--bad"}
    DEFAULT_CSS = """
    Lines { scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1;
      & > .lines--title { text-style: bold; color: $primary; }
      & > .lines--muted { color: $foreground 60%; }
      & > .lines--good { color: $text-success; }
      & > .lines--bad { color: $text-error; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home", "scroll_home", show=False),
        Binding("end", "scroll_end", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[list[tuple[str, str]]] = []
        self._make_lines: Callable[[int], Sequence[Line]] = lambda width: ()

    @property
    def text(self) -> str:
        """The text without its styles."""
        return "\n".join("".join(part for part, _ in line) for line in self._lines)

    def show(self, render: Callable[[int], Sequence[Line]], *, follow: bool = False) -> None:
        """Show the lines that `render` returns for the current width, again when it changes.

        With `follow`, scroll to the end.
        """
        self._make_lines = render
        self._update_lines()
        if follow:
            self.scroll_end(animate=False)

    def on_resize(self, event: events.Resize) -> None:
        """Render the lines for the new width."""
        self._update_lines()

    def _update_lines(self) -> None:
        # One column is kept for the scroll bar: whether it is needed is known only afterwards.
        width = self.outer_size.width - self.styles.gutter.width - 1
        lines = self._make_lines(max(MIN_WIDTH, width))
        self._lines = [[(_one_line(text), style) for text, style in line] for line in lines]
        width = max((sum(Segment(text).cell_length for text, _ in line) for line in self._lines), default=0)
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        left, top = self.scroll_offset
        plain, width = self.rich_style, self.scrollable_content_region.width
        if y + top >= len(self._lines):
            return Strip.blank(width, plain)
        segments = [
            Segment(text, self.get_component_rich_style(f"lines--{style}") if style else plain)
            for text, style in self._lines[y + top]
        ]
        return Strip(segments).crop_extend(left, left + width, plain)


def wrapped(text: str, style: str, width: int, *, indent: int = 0) -> list[Line]:
    """Return `text` as lines of at most `width` characters, those after the first indented."""
    parts = textwrap.wrap(_one_line(text), max(20, width), subsequent_indent=" " * indent)
    return [[(part, style)] for part in parts]


def _one_line(text: str) -> str:
    return printable(text).replace("\n", " ").replace("\t", " ")
