"""Boxes to tick that tell by their mark, and not by colour alone, whether they are ticked."""

from __future__ import annotations

from typing import TypeVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import Checkbox, SelectionList

T = TypeVar("T")

_MARK = "X"
"""Textual's own, which it draws in either case."""


class Tick(Checkbox):
    """One box."""

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]
        """What stands in it."""
        return _MARK if self.value else " "


class Ticks(SelectionList[T]):
    """A list of boxes, a line each."""

    def render_line(self, y: int) -> Strip:
        """Without the mark where it is not ticked."""
        strip = super().render_line(y)
        at = self.scroll_offset.y + y
        if at >= self.option_count or self.get_option_at_index(at).value in self.selected:
            return strip
        box = [Segment(" ", part.style) if part.text == _MARK else part for part in [*strip][:3]]
        return Strip([*box, *[*strip][3:]], strip.cell_length)
