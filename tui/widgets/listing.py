"""A list of rows that is as quick with a million of them as with ten: only what is seen is drawn."""

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
"""Cells between two columns."""
LEAST_WIDTH = 12
"""Of the column that takes what the others leave."""


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column; one without a width takes what the others leave."""

    title: str
    text: Callable[[T], str]
    """What it says of a row; it may be untrusted."""
    width: int = 0
    is_number: bool = False
    """Numbers stand at the right."""
    at_least: int = 0
    """Width of the list from which on it is shown."""


class Listing(ScrollView, Generic[T], can_focus=True):
    """Rows under a head, with a cursor that stays on its row when the rows change."""

    DEFAULT_CSS = """
    Listing { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
      & > .listing--head { text-style: bold; background: $panel; color: $text-muted; }
      & > .listing--cursor { background: $block-cursor-blurred-background; color: $block-cursor-blurred-foreground;
        text-style: $block-cursor-blurred-text-style; }
      &:focus > .listing--cursor { background: $block-cursor-background; color: $block-cursor-foreground;
        text-style: $block-cursor-text-style; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"listing--head", "listing--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "ends(0)", "First", show=False),
        Binding("end", "ends(1)", "Last", show=False),
    ]

    class Moved(Message):
        """Another row is under the cursor, or the one there has changed."""

        def __init__(self, listing: Listing[Any]) -> None:
            super().__init__()
            self.listing = listing

    class Chosen(Moved):
        """The row under the cursor was clicked twice; what Enter does is the screen's to say."""

    def __init__(self, columns: Sequence[Column[T]], key: Callable[[T], Hashable], *, id: str | None = None) -> None:
        """`key` names a row for good."""
        super().__init__(id=id)
        self._columns, self._key = columns, key
        self._rows: list[T] = []
        self._cursor = 0

    @property
    def columns(self) -> Sequence[Column[T]]:
        """What is told of each row."""
        return self._columns

    @property
    def rows(self) -> Sequence[T]:
        """What is listed."""
        return self._rows

    @property
    def current(self) -> T | None:
        """The row under the cursor; None where there are none."""
        return self._rows[self._cursor] if self._rows else None

    def show(self, rows: Sequence[T], columns: Sequence[Column[T]] = (), *, to_first: bool = False) -> None:
        """List other rows, where given with other columns; the cursor stays on its own row, or else where it is."""
        before = self.current
        self._rows, self._columns = [*rows], columns or self._columns
        self.virtual_size = Size(0, len(self._rows) + 1)
        if to_first:
            self._cursor = 0
        elif before is not None:
            key = self._key(before)
            found = next((n for n, row in enumerate(self._rows) if self._key(row) == key), self._cursor)
            self._cursor = max(0, min(found, len(self._rows) - 1))
        self._see_cursor()
        self.refresh()
        if self.current != before:
            self.post_message(self.Moved(self))

    def change(self, row: T) -> None:
        """Put a row in the place of the one of the same key, where there is one."""
        key = self._key(row)
        for number, old in enumerate(self._rows):
            if self._key(old) == key:
                self._rows[number] = row
                self.refresh()
                if number == self._cursor and row != old:
                    self.post_message(self.Moved(self))
                return

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._go(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by what is seen."""
        self._go(self._cursor + by * max(1, self.size.height - 2))

    def action_ends(self, last: int) -> None:
        """To the first or the last row."""
        self._go(len(self._rows) - 1 if last else 0)

    def _go(self, number: int) -> None:
        number = max(0, min(number, len(self._rows) - 1))
        if self._rows and number != self._cursor:
            self._cursor = number
            self._see_cursor()
            self.refresh()
            self.post_message(self.Moved(self))

    def _see_cursor(self) -> None:
        # The head covers the first line that is seen, wherever the list is scrolled to.
        self.scroll_to_region(Region(0, self._cursor, 1, 2), animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """To the row that was clicked; twice chooses it."""
        number = self.scroll_offset.y + event.y - 1
        if event.y > 0 and number < len(self._rows):
            self._go(number)
            if event.chain == 2:
                self.post_message(self.Chosen(self))

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        self._see_cursor()

    def render_line(self, y: int) -> Strip:
        """The head, or the row that is scrolled to this line."""
        if y == 0:
            return self._line(lambda column: column.title, "listing--head")
        number = self.scroll_offset.y + y - 1
        if number >= len(self._rows):
            return Strip.blank(self._width, self.rich_style)
        row = self._rows[number]
        return self._line(lambda column: column.text(row), "listing--cursor" if number == self._cursor else "")

    @property
    def _width(self) -> int:
        """Without the scrollbar's."""
        return self.scrollable_content_region.width

    def _line(self, text: Callable[[Column[T]], str], name: str) -> Strip:
        style = self.get_component_rich_style(name) if name else self.rich_style
        columns = [column for column in self._columns if column.at_least <= self._width]
        taken = sum(column.width for column in columns) + GAP * len(columns)
        rest = max(LEAST_WIDTH, self._width - taken)
        cells = [_cell(text(column), column.width or rest, is_number=column.is_number) for column in columns]
        line = " " + (" " * GAP).join(cells)
        return Strip([Segment(set_cell_size(line, self._width), style)], self._width)


def _cell(text: str, width: int, *, is_number: bool) -> str:
    """The beginning of an untrusted text on one line, exactly so wide."""
    words = " ".join(printable(text[: 4 * width]).split())
    left = width - cell_len(words)
    if left < 0:
        return set_cell_size(words, width - 1) + "…"
    return " " * left + words if is_number else words + " " * left
