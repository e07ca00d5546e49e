"""The titles of the screens with their keys, on one line."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from tui.screen_registry import SCREENS, ScreenEntry


class _ScreenLink(Static):
    def __init__(self, entry: ScreenEntry, *, is_current: bool) -> None:
        title = Content.assemble((entry.key, "bold"), f" {entry.title}" if entry.key else entry.title)
        super().__init__(title, classes="current" if is_current else "")
        self._mode = entry.mode

    async def on_click(self) -> None:
        await self.app.action_switch_mode(self._mode)


class Navigation(Horizontal):
    """A link to each screen; the current one is highlighted."""

    DEFAULT_CSS = """
    Navigation { height: 1; background: $surface;
      _ScreenLink { width: auto; padding: 0 1 0 0; color: $text-muted; }
      _ScreenLink.current { color: $primary; text-style: bold; }
      _ScreenLink:hover { text-style: underline; }
      &.-wide _ScreenLink { padding: 0 2 0 1; }
    }
    """

    def compose(self) -> ComposeResult:
        """Yield a link for each screen."""
        for mode, entry in SCREENS.items():
            yield _ScreenLink(entry, is_current=mode == self.app.current_mode)

    def on_resize(self) -> None:
        """Space the links out where there is room."""
        self.set_class(self.size.width >= 110, "-wide")
