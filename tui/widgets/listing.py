"""A list that stays fast with a million rows: only the visible ones are drawn."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orca_local.domain.text import printable

T = TypeVar("T")

GAP = 2
"""Character cells between two columns."""
MIN_WIDTH = 12
"""Minimum width of the column that takes the remaining width."""


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column; a column without a width takes the remaining width."""

    title: str
    text: Callable[[T], str]
    """Its text for a row; it may be untrusted."""
    width: int = 0
    is_number: bool = False
    """Whether to align it right."""
    min_list_width: int = 0
    """The column is hidden if the list is narrower."""


class Listing(ScrollView, Generic[T], can_focus=True):
    """Rows under a header, with a cursor that stays on its row when the rows change."""

    DEFAULT_CSS = """
    Listing { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
      & > .listing--header { text-style: bold; background: $panel; color: $text-muted; }
      & > .listing--cursor { background: $block-cursor-blurred-background; color: $block-cursor-blurred-foreground;
        text-style: $block-cursor-blurred-text-style; }
      &:focus > .listing--cursor { background: $block-cursor-background; color: $block-cursor-foreground;
        text-style: $block-cursor-text-style; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"listing--header", "listing--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "go_to_end(0)", "First", show=False),
        Binding("end", "go_to_end(1)", "Last", show=False),
    ]

    class Moved(Message):
        """Another row is under the cursor, or that row has changed."""

        def __init__(self, listing: Listing[Any]) -> None:
            super().__init__()
            self.listing = listing

    class Chosen(Moved):
        """The row under the cursor was double-clicked. Screens bind Enter themselves."""

    def __init__(self, columns: Sequence[Column[T]], key: Callable[[T], Hashable], *, id: str | None = None) -> None:
        """`key` returns what identifies a row."""
        super().__init__(id=id)
        self._columns, self._key = columns, key
        self._rows: list[T] = []
        self._cursor = 0

    @property
    def columns(self) -> Sequence[Column[T]]:
        """The columns."""
        return self._columns

    @property
    def rows(self) -> Sequence[T]:
        """The rows."""
        return self._rows

    @property
    def current(self) -> T | None:
        """The row under the cursor; None if there are no rows."""
        return self._rows[self._cursor] if self._rows else None

    def show(self, rows: Sequence[T], columns: Sequence[Column[T]] = (), *, to_first: bool = False) -> None:
        """Show other rows, and other columns if given; the cursor stays on its row, or else on its line."""
        before = self.current
        self._rows, self._columns = [*rows], columns or self._columns
        self.virtual_size = Size(0, len(self._rows) + 1)
        if to_first:
            self._cursor = 0
        elif before is not None:
            key = self._key(before)
            number = next((n for n, row in enumerate(self._rows) if self._key(row) == key), self._cursor)
            self._cursor = max(0, min(number, len(self._rows) - 1))
        self._scroll_to_cursor()
        self.refresh()
        if self.current != before:
            self.post_message(self.Moved(self))

    def replace(self, row: T) -> None:
        """Replace the row that has the same key as `row`, if there is one."""
        key = self._key(row)
        for number, old in enumerate(self._rows):
            if self._key(old) == key:
                self._rows[number] = row
                self.refresh()
                if number == self._cursor and row != old:
                    self.post_message(self.Moved(self))
                return

    def action_move(self, by: int) -> None:
        """Move the cursor by a number of rows."""
        self._go(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a number of pages."""
        self._go(self._cursor + by * max(1, self.size.height - 2))

    def action_go_to_end(self, last: int) -> None:
        """Move the cursor to the first or the last row."""
        self._go(len(self._rows) - 1 if last else 0)

    def _go(self, number: int) -> None:
        number = max(0, min(number, len(self._rows) - 1))
        if self._rows and number != self._cursor:
            self._cursor = number
            self._scroll_to_cursor()
            self.refresh()
            self.post_message(self.Moved(self))

    def _scroll_to_cursor(self) -> None:
        # The header covers the first visible line.
        self.scroll_to_region(Region(0, self._cursor, 1, 2), animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked row; a double click chooses it."""
        number = self.scroll_offset.y + event.y - 1
        if event.y > 0 and number < len(self._rows):
            self._go(number)
            if event.chain == 2:
                self.post_message(self.Chosen(self))

    def on_resize(self) -> None:
        """Keep the cursor visible."""
        self._scroll_to_cursor()

    def render_line(self, y: int) -> Strip:
        """Draw the header, or the row at this line."""
        if y == 0:
            return self._line(lambda column: column.title, "listing--header")
        number = self.scroll_offset.y + y - 1
        if number >= len(self._rows):
            return Strip.blank(self._width, self.rich_style)
        row = self._rows[number]
        return self._line(lambda column: column.text(row), "listing--cursor" if number == self._cursor else "")

    @property
    def _width(self) -> int:
        """The width without the scroll bar."""
        return self.scrollable_content_region.width

    def _line(self, text: Callable[[Column[T]], str], name: str) -> Strip:
        style = self.get_component_rich_style(name) if name else self.rich_style
        columns = [column for column in self._columns if column.min_list_width <= self._width]
        fixed = sum(column.width for column in columns) + GAP * len(columns)
        rest = max(MIN_WIDTH, self._width - fixed)
        cells = [_cell(text(column), column.width or rest, is_number=column.is_number) for column in columns]
        line = " " + (" " * GAP).join(cells)
        return Strip([Segment(set_cell_size(line, self._width), style)], self._width)


def _cell(text: str, width: int, *, is_number: bool) -> str:
    """Return the beginning of an untrusted text on one line, exactly `width` cells wide."""
    words = " ".join(printable(text[: 4 * width]).split())
    left = width - cell_len(words)
    if left < 0:
        return set_cell_size(words, width - 1) + "…"
    return " " * left + words if is_number else words + " " * left
