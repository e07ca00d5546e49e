"""A table that draws only the rows that are seen: thousands are shown, sorted and filtered within one key press."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

GAP = 2
"""Between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; its title stays when the rows scroll."""

    title: str
    width: int = 0
    """In cells; 0 takes what the others leave."""
    is_number: bool = False
    """Numbers stand at the right."""
    least: int = 12
    """Of a width that is taken from what is left."""


class LongTable(ScrollView, can_focus=True):
    """Rows of plain texts, one of them under the cursor."""

    DEFAULT_CSS = """
    LongTable { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
      & > .long-table--header { text-style: bold; background: $panel; color: $text-muted; }
      & > .long-table--cursor { background: $block-cursor-blurred-background; color: $block-cursor-blurred-foreground;
        text-style: $block-cursor-blurred-text-style; }
      &:focus > .long-table--cursor { background: $block-cursor-background; color: $block-cursor-foreground;
        text-style: $block-cursor-text-style; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"long-table--header", "long-table--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "go(0)", "First", show=False),
        Binding("end", "go(-1)", "Last", show=False),
    ]

    class Highlighted(Message):
        """The cursor has come to another row, or its row is another one."""

        def __init__(self, table: LongTable, row: int) -> None:
            super().__init__()
            self.table, self.row = table, row

        @property
        def control(self) -> LongTable:
            """The table."""
            return self.table

    class Selected(Highlighted):
        """A row was clicked twice; what Enter does is the screen's to say."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        """Row under the cursor, which is none where there are no rows."""
        self.rows: Sequence[Sequence[str]] = ()
        """What is shown: printable texts of one line."""
        self._columns: Sequence[Column] = ()

    def show(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], cursor: int = 0) -> None:
        """Show other rows, with the cursor on one of them."""
        self._columns, self.rows = columns, rows
        self.virtual_size = Size(1, len(rows) + 1)
        self._go(cursor)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The titles, or the row that is scrolled to this place."""
        width = self.scrollable_content_region.width
        if y == 0:
            text, style = self._line([column.title for column in self._columns]), "long-table--header"
        else:
            row = round(self.scroll_y) + y - 1
            if row >= len(self.rows):
                return Strip.blank(width, self.rich_style)
            text, style = self._line(self.rows[row]), "long-table--cursor" if row == self.cursor else ""
        rich_style = self.get_component_rich_style(style) if style else self.rich_style
        return Strip([Segment(set_cell_size(text, width), rich_style)], width)

    def action_move(self, by: int) -> None:
        """Some rows down or up."""
        self._go(self.cursor + by)

    def action_page(self, by: int) -> None:
        """A screenful down or up."""
        self._go(self.cursor + by * max(1, self.size.height - 2))

    def action_go(self, row: int) -> None:
        """To a row; counted from the end where it is negative."""
        self._go(row if row >= 0 else len(self.rows) + row)

    def on_click(self, event: events.Click) -> None:
        """To the row that was clicked; twice chooses it."""
        row = round(self.scroll_y) + event.y - 1
        if event.y and 0 <= row < len(self.rows):
            self._go(row)
            if event.chain == 2:
                self.post_message(self.Selected(self, row))

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        self._show_cursor()

    def _go(self, row: int) -> None:
        self.cursor = max(0, min(row, len(self.rows) - 1))
        self._show_cursor()
        self.refresh()
        if self.rows:
            self.post_message(self.Highlighted(self, self.cursor))

    def _show_cursor(self) -> None:
        seen = max(1, self.size.height - 1)
        top = round(self.scroll_y)
        if not top <= self.cursor < top + seen:
            top = self.cursor if self.cursor < top else self.cursor - seen + 1
            self.scroll_to(y=top, animate=False, immediate=True)

    def _line(self, cells: Sequence[str]) -> str:
        fixed = sum(column.width for column in self._columns) + GAP * len(self._columns)
        flexible = sum(not column.width for column in self._columns)
        rest = (self.scrollable_content_region.width - fixed) // max(1, flexible)
        parts = []
        for column, cell in zip(self._columns, cells, strict=True):
            parts.append(_fitted(cell, column.width or max(column.least, rest), is_number=column.is_number))
        return " " + (" " * GAP).join(parts)


def _fitted(text: str, width: int, *, is_number: bool) -> str:
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…"
    return " " * (width - length) + text if is_number else set_cell_size(text, width)
