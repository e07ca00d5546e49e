"""Check boxes whose mark, and not only the colour, shows whether they are checked."""

from __future__ import annotations

from typing import TypeVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import Checkbox, SelectionList

T = TypeVar("T")

_MARK = "X"
"""Textual's mark, which Textual also draws in unchecked boxes."""


class Tick(Checkbox):
    """A check box."""

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]
        """The mark; blank if unchecked."""
        return _MARK if self.value else " "


class Ticks(SelectionList[T]):
    """A list of check boxes, one per line."""

    def render_line(self, y: int) -> Strip:
        """Draw one line, without the mark if it is unchecked."""
        strip = super().render_line(y)
        index = self.scroll_offset.y + y
        if index >= self.option_count or self.get_option_at_index(index).value in self.selected:
            return strip
        box = [Segment(" ", part.style) if part.text == _MARK else part for part in [*strip][:3]]
        return Strip([*box, *[*strip][3:]], strip.cell_length)
