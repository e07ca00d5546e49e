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
        self._text = text

    def say(self, text: str) -> None:
        """Show this from now on; said again, it costs nothing."""
        if text == self._text:
            return
        before, after = self._room(plain(self._text)), self._room(plain(text))
        self._text = text
        self.update(plain(text), layout=before != after or not self.size)

    def _room(self, content: Content) -> tuple[int, int]:
        """Columns and lines that a content takes, as far as its place depends on that."""
        rules, width = self.styles.get_rules(), self.content_size.width
        return (
            content.get_optimal_width(rules, width) if self.styles.is_auto_width else 0,
            content.get_height(rules, width) if self.styles.is_auto_height and width else 0,
        )
