"""Words that change while a run goes on."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui.text import plain


class Words(Static):
    """Untrusted text.

    A new layout of the whole screen costs ten times what drawing these words does: there is one only where they take
    other room than those before.
    """

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(plain(text), id=id, classes=classes)
        self._shown = plain(text)

    def say(self, text: str) -> None:
        """Show this from now on; said again, it costs nothing."""
        before, self._shown = self._shown, plain(text)
        if self._shown != before:
            # What has no size yet is hidden, empty or new: how much room it takes is not known.
            is_known = bool(self.size) and self._room(self._shown) == self._room(before)
            self.update(self._shown, layout=not is_known)

    def _room(self, content: Content) -> tuple[int, int]:
        """Columns and lines that a content takes, as far as its place depends on that."""
        rules, width = self.styles.get_rules(), self.content_size.width
        return (
            content.get_optimal_width(rules, width) if self.styles.is_auto_width else 0,
            content.get_height(rules, width) if self.styles.is_auto_height and width else 0,
        )
