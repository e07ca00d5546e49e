"""Many styled lines that may be scrolled; only those that are seen are drawn."""

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
"""Texts, which may be untrusted, each with the name of its style: "", `title`, `muted`, `good` or `bad`."""

LEAST_WIDTH = 40


class Lines(ScrollView, can_focus=True):
    """Lines of text, each in parts of different styles."""

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
        self._make: Callable[[int], Sequence[Line]] = lambda width: ()

    @property
    def text(self) -> str:
        """What is shown, without its styles."""
        return "\n".join("".join(part for part, _ in line) for line in self._lines)

    def show(self, make: Callable[[int], Sequence[Line]], *, follow: bool = False) -> None:
        """Show what `make` says for the width that there is, now and when it changes; with `follow`, the end of it."""
        self._make = make
        self._remake()
        if follow:
            self.scroll_end(animate=False)

    def on_resize(self, event: events.Resize) -> None:
        """Lines are made for their width."""
        self._remake()

    def _remake(self) -> None:
        # A place is left for the bar that scrolls: whether it is needed is known only afterwards.
        width = self.outer_size.width - self.styles.gutter.width - 1
        made = self._make(max(LEAST_WIDTH, width))
        self._lines = [[(_one_line(text), style) for text, style in line] for line in made]
        width = max((sum(Segment(text).cell_length for text, _ in line) for line in self._lines), default=0)
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
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
    """A sentence on as many lines as it takes, those after the first indented."""
    parts = textwrap.wrap(_one_line(text), max(20, width), subsequent_indent=" " * indent)
    return [[(part, style)] for part in parts]


def _one_line(text: str) -> str:
    return printable(text).replace("\n", " ").replace("\t", " ")
