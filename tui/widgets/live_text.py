"""Text that changes during a run."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui.text import plain


class LiveText(Static):
    """A `Static` for untrusted text that changes often.

    A new layout of the whole screen costs ten times as much as drawing the text: it is done only if the text changes
    its size.
    """

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(plain(text), id=id)
        self._shown = plain(text)

    def set_text(self, text: str) -> None:
        """Show `text`; the same text again costs nothing."""
        before, self._shown = self._shown, plain(text)
        if self._shown != before:
            # A widget without a size is hidden, empty or new: its space is not known.
            keeps_size = bool(self.size) and self._space(self._shown) == self._space(before)
            self.update(self._shown, layout=not keeps_size)

    def _space(self, content: Content) -> tuple[int, int]:
        """Columns and lines that `content` takes, 0 where the styles fix them."""
        rules, width = self.styles.get_rules(), self.content_size.width
        return (
            content.get_optimal_width(rules, width) if self.styles.is_auto_width else 0,
            content.get_height(rules, width) if self.styles.is_auto_height and width else 0,
        )
