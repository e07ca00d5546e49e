"""Task × strategy as a heat map: accuracy by colour and number, drawn a line at a time, so that thousands scroll."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color, Gradient
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orca_local.domain.text import printable
from orca_local.probe.choose import Cell
from orca_local.views.probe_matrix import Matrix, TaskRow

CELL = 10
HEADER = 2
"""Lines: names of strategies take two."""
LEAST_NAME = 14
_HEAT = Gradient.from_colors("#7a1f2b", "#8a5a1e", "#6b7a1e", "#1f7a4d", quality=60)


class HeatMap(ScrollView, can_focus=True):
    """A cursor on a cell; Enter asks for what is behind it."""

    DEFAULT_CSS = """
    HeatMap { height: 1fr; scrollbar-size-vertical: 1; overflow-x: auto; overflow-y: scroll; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1, 0)", "Up", show=False),
        Binding("down,j", "move(1, 0)", "Down", show=False),
        Binding("left,h", "move(0, -1)", "Left", show=False),
        Binding("right,l", "move(0, 1)", "Right", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "move(-1000000, 0)", "First", show=False),
        Binding("end", "move(1000000, 0)", "Last", show=False),
        Binding("enter", "open", "Samples"),
        Binding("n", "next_open", "Next"),
    ]
    cursor: reactive[tuple[int, int]] = reactive((0, 0))
    """Row and column."""

    class Moved(Message):
        """The cursor is on another cell."""

    class Opened(Message):
        """What is behind the cell is wanted."""

    def __init__(self) -> None:
        super().__init__()
        self._matrix: Matrix | None = None
        self._names = LEAST_NAME

    def show(self, matrix: Matrix) -> None:
        """Draw this one; the cursor stays where it is, as far as it can."""
        self._matrix = matrix
        row, column = self.cursor
        self.cursor = (
            max(0, min(row, len(matrix.rows) - 1)),
            max(0, min(column, len(matrix.strategies) - 1)),
        )
        self._measure()
        self.refresh()
        self.post_message(self.Moved())

    @property
    def row(self) -> TaskRow | None:
        """The task under the cursor."""
        return self._matrix.rows[self.cursor[0]] if self._matrix and self._matrix.rows else None

    @property
    def strategy(self) -> str:
        """The strategy under the cursor."""
        return self._matrix.strategies[self.cursor[1]] if self._matrix and self._matrix.strategies else ""

    def on_resize(self) -> None:
        """Names take what the cells leave."""
        self._measure()

    def _measure(self) -> None:
        if self._matrix is None:
            return
        cells = CELL * len(self._matrix.strategies)
        longest = max((len(row.task) for row in self._matrix.rows), default=0)
        self._names = max(LEAST_NAME, min(longest + 3, self.size.width - cells - 1))
        self.virtual_size = Size(self._names + cells, len(self._matrix.rows) + HEADER)

    def watch_cursor(self, before: tuple[int, int], after: tuple[int, int]) -> None:
        """Draw both rows, and come along."""
        top = self.scroll_offset.y
        for row in {before[0], after[0]}:
            self.refresh(Region(0, row + HEADER - top, self.size.width, 1))
        region = Region(self._names + after[1] * CELL, after[0], CELL, 1 + HEADER)
        self.scroll_to_region(region, animate=False, force=True)
        self.post_message(self.Moved())

    def action_move(self, rows: int, columns: int) -> None:
        """By so many cells, within the matrix."""
        if self._matrix is None or not self._matrix.rows:
            return
        row, column = self.cursor
        self.cursor = (
            max(0, min(row + rows, len(self._matrix.rows) - 1)),
            max(0, min(column + columns, len(self._matrix.strategies) - 1)),
        )

    def action_page(self, pages: int) -> None:
        """By what is seen at once."""
        self.action_move(pages * max(1, self.size.height - HEADER), 0)

    def action_open(self) -> None:
        """The samples of the cell."""
        if self.row is not None:
            self.post_message(self.Opened())

    def action_next_open(self) -> None:
        """The next task whose choice is not decided."""
        rows = self._matrix.rows if self._matrix else ()
        for step in range(1, len(rows) + 1):
            at = (self.cursor[0] + step) % len(rows)
            if rows[at].is_open:
                self.cursor = (at, self.cursor[1])
                return

    def on_click(self, event: events.Click) -> None:
        """The cell that was clicked."""
        row = event.y + self.scroll_offset.y - HEADER
        column = (event.x + self.scroll_offset.x - self._names) // CELL
        if self._matrix and event.y >= HEADER and 0 <= row < len(self._matrix.rows):
            self.cursor = (row, max(0, min(column, len(self._matrix.strategies) - 1)))

    def render_line(self, y: int) -> Strip:
        """One line of the screen: of the header, or a task."""
        width, left = self.size.width, self.scroll_offset.x
        if self._matrix is None:
            return Strip.blank(width, self.rich_style)
        if y < HEADER:
            strip = Strip(self._header(self._matrix, y))
        else:
            at = y + self.scroll_offset.y - HEADER
            if at >= len(self._matrix.rows):
                return Strip.blank(width, self.rich_style)
            strip = Strip(self._line(self._matrix, at))
        return strip.crop_extend(left, left + width, self.rich_style)

    def _header(self, matrix: Matrix, line: int) -> list[Segment]:
        style = self.rich_style + Style(bold=True)
        segments = [Segment(("task" if line else "").ljust(self._names), style)]
        for number, name in enumerate(matrix.strategies):
            here = style + Style(reverse=number == self.cursor[1])
            segments.append(Segment(_halves(name)[line][: CELL - 1].ljust(CELL - 1), here))
            segments.append(Segment(" ", self.rich_style))
        return segments

    def _line(self, matrix: Matrix, at: int) -> list[Segment]:
        row, (cursor_row, cursor_column) = matrix.rows[at], self.cursor
        here = at == cursor_row
        mark = "?" if row.is_open else " "
        name = printable(row.task)[: self._names - 3]
        segments = [Segment(f"{mark} {name}".ljust(self._names), self.rich_style + Style(bold=here))]
        for number, strategy in enumerate(matrix.strategies):
            cell, is_left = row.cells.get(strategy), strategy in row.left
            style = self.rich_style if cell is None else _heat(cell, is_left=is_left)
            if here and number == cursor_column:
                style = self.rich_style + Style(reverse=True, bold=True)
            segments.append(Segment(_text(cell, is_leader=strategy == row.leader, row=row), style))
            segments.append(Segment(" ", self.rich_style))
        return segments


def _text(cell: Cell | None, *, is_leader: bool, row: TaskRow) -> str:
    """Such as `*62%  24`: leader, accuracy, samples."""
    if cell is None or not cell.n:
        return "·".center(CELL - 1)
    by_hand = row.selection is not None and row.selection.chosen_by == "hand"
    mark = ("✎" if by_hand else "*") if is_leader else " "
    return f"{mark}{100 * cell.accuracy:3.0f}%{cell.n:4}".ljust(CELL - 1)[: CELL - 1]


def _heat(cell: Cell, *, is_left: bool) -> Style:
    colour = _HEAT.get_color(cell.accuracy)
    if is_left:
        colour = colour.blend(Color.parse("#202020"), 0.7)
    ink = "#808080" if is_left else "#ffffff"
    return Style(bgcolor=colour.rich_color, color=ink, dim=is_left)


def _halves(name: str) -> tuple[str, str]:
    """A strategy's name on two lines."""
    words = name.split("_")
    middle = (len(words) + 1) // 2
    return " ".join(words[:middle]), " ".join(words[middle:])
