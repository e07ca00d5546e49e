"""Task × strategy as a heat map. It draws only the visible lines, so that thousands of tasks scroll quickly."""

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

from orca_local.domain.cell import Cell
from orca_local.domain.text import printable
from orca_local.store.selections import BY_HAND
from orca_local.views.probe_matrix import ProbeMatrix, TaskRow

CELL_WIDTH = 10
HEADER_LINES = 2
"""The names of strategies take two lines."""
MIN_NAME_WIDTH = 14
_COLOURS = Gradient.from_colors("#7a1f2b", "#8a5a1e", "#6b7a1e", "#1f7a4d", quality=60)


class HeatMap(ScrollView, can_focus=True):
    """The accuracy of every cell as number and colour, with a cursor; Enter opens the samples of the cell."""

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
        Binding("n", "next_undecided", "Next"),
    ]
    cursor: reactive[tuple[int, int]] = reactive((0, 0))
    """Row and column of the cursor."""

    class Moved(Message):
        """The cursor moved, or the matrix changed."""

    class Opened(Message):
        """The user asked for the samples of the cell."""

    def __init__(self) -> None:
        super().__init__()
        self._matrix: ProbeMatrix | None = None
        self._name_width = MIN_NAME_WIDTH

    def show(self, matrix: ProbeMatrix) -> None:
        """Draw this matrix and keep the cursor within it."""
        self._matrix = matrix
        self.action_move(0, 0)
        self._update_size()
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
        """Give the names the width that the cells leave."""
        self._update_size()

    def _update_size(self) -> None:
        if self._matrix is None:
            return
        cells = CELL_WIDTH * len(self._matrix.strategies)
        longest = max((len(row.task) for row in self._matrix.rows), default=0)
        self._name_width = max(MIN_NAME_WIDTH, min(longest + 3, self.size.width - cells - 1))
        self.virtual_size = Size(self._name_width + cells, len(self._matrix.rows) + HEADER_LINES)

    def watch_cursor(self, before: tuple[int, int], after: tuple[int, int]) -> None:
        """Draw both rows again and scroll to the cursor."""
        top = self.scroll_offset.y
        for row in {before[0], after[0]}:
            self.refresh(Region(0, row + HEADER_LINES - top, self.size.width, 1))
        region = Region(self._name_width + after[1] * CELL_WIDTH, after[0], CELL_WIDTH, 1 + HEADER_LINES)
        self.scroll_to_region(region, animate=False, force=True)
        self.post_message(self.Moved())

    def action_move(self, rows: int, columns: int) -> None:
        """Move by a number of cells, within the matrix."""
        self._move_to(self.cursor[0] + rows, self.cursor[1] + columns)

    def _move_to(self, row: int, column: int) -> None:
        if self._matrix is not None and self._matrix.rows:
            rows, columns = len(self._matrix.rows), len(self._matrix.strategies)
            self.cursor = max(0, min(row, rows - 1)), max(0, min(column, columns - 1))

    def action_page(self, pages: int) -> None:
        """Move by a number of pages."""
        self.action_move(pages * max(1, self.size.height - HEADER_LINES), 0)

    def action_open(self) -> None:
        """Ask for the samples of the cell."""
        if self.row is not None:
            self.post_message(self.Opened())

    def action_next_undecided(self) -> None:
        """Move to the next task whose choice is not certain."""
        rows = self._matrix.rows if self._matrix else ()
        for step in range(1, len(rows) + 1):
            number = (self.cursor[0] + step) % len(rows)
            if rows[number].is_undecided:
                self.cursor = (number, self.cursor[1])
                return

    def on_click(self, event: events.Click) -> None:
        """Move to the cell that was clicked."""
        row = event.y + self.scroll_offset.y - HEADER_LINES
        column = (event.x + self.scroll_offset.x - self._name_width) // CELL_WIDTH
        if self._matrix and event.y >= HEADER_LINES and 0 <= row < len(self._matrix.rows):
            self._move_to(row, column)

    def render_line(self, y: int) -> Strip:
        """One line: of the header, or of a task."""
        width, left = self.size.width, self.scroll_offset.x
        if self._matrix is None:
            return Strip.blank(width, self.rich_style)
        if y < HEADER_LINES:
            strip = Strip(self._header(self._matrix, y))
        else:
            number = y + self.scroll_offset.y - HEADER_LINES
            if number >= len(self._matrix.rows):
                return Strip.blank(width, self.rich_style)
            strip = Strip(self._line(self._matrix, number))
        return strip.crop_extend(left, left + width, self.rich_style)

    def _header(self, matrix: ProbeMatrix, line: int) -> list[Segment]:
        style = self.rich_style + Style(bold=True)
        segments = [Segment(("task" if line else "").ljust(self._name_width), style)]
        for column, name in enumerate(matrix.strategies):
            column_style = style + Style(reverse=column == self.cursor[1])
            segments.append(Segment(_halves(name)[line][: CELL_WIDTH - 1].ljust(CELL_WIDTH - 1), column_style))
            segments.append(Segment(" ", self.rich_style))
        return segments

    def _line(self, matrix: ProbeMatrix, number: int) -> list[Segment]:
        row, (cursor_row, cursor_column) = matrix.rows[number], self.cursor
        is_current = number == cursor_row
        mark = "?" if row.is_undecided else " "
        name = printable(row.task)[: self._name_width - 3]
        segments = [Segment(f"{mark} {name}".ljust(self._name_width), self.rich_style + Style(bold=is_current))]
        for column, strategy in enumerate(matrix.strategies):
            cell = row.cells.get(strategy)
            style = self.rich_style if cell is None else _cell_style(cell, is_dropped=strategy in row.dropped)
            if is_current and column == cursor_column:
                style = self.rich_style + Style(reverse=True, bold=True)
            segments.append(Segment(_text(cell, is_leader=strategy == row.leader, row=row), style))
            segments.append(Segment(" ", self.rich_style))
        return segments


def _text(cell: Cell | None, *, is_leader: bool, row: TaskRow) -> str:
    """A text such as `*62% 24`: mark of the leader, accuracy, number of samples."""
    if cell is None or not cell.n:
        return "·".center(CELL_WIDTH - 1)
    by_hand = row.selection is not None and row.selection.chosen_by == BY_HAND
    mark = ("✎" if by_hand else "*") if is_leader else " "
    return f"{mark}{100 * cell.accuracy:3.0f}%{cell.n:4}".ljust(CELL_WIDTH - 1)[: CELL_WIDTH - 1]


def _cell_style(cell: Cell, *, is_dropped: bool) -> Style:
    background = _COLOURS.get_color(cell.accuracy)
    if is_dropped:
        background = background.blend(Color.parse("#202020"), 0.7)
    return Style(bgcolor=background.rich_color, color="#808080" if is_dropped else "#ffffff", dim=is_dropped)


def _halves(name: str) -> tuple[str, str]:
    """A strategy's name in two lines."""
    words = name.split("_")
    middle = (len(words) + 1) // 2
    return " ".join(words[:middle]), " ".join(words[middle:])
