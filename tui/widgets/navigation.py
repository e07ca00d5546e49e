"""The screens and their keys, on one line."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static


class _Place(Static):
    def __init__(self, mode: str, key: str, title: str, *, is_here: bool) -> None:
        super().__init__(Content.assemble((key, "bold"), f" {title}"), classes="here" if is_here else "")
        self._mode = mode

    async def on_click(self) -> None:
        await self.app.action_switch_mode(self._mode)


class Navigation(Horizontal):
    """Where one may go, and where one is."""

    DEFAULT_CSS = """
    Navigation { height: 1; background: $surface;
      _Place { width: auto; padding: 0 1 0 0; color: $text-muted; }
      _Place.here { color: $primary; text-style: bold; }
      _Place:hover { text-style: underline; }
      &.-wide _Place { padding: 0 2 0 1; }
    }
    """

    def __init__(self, screens: Mapping[str, tuple[str, str]], here: str) -> None:
        """`screens`: mode → key and title."""
        super().__init__()
        self._screens, self._here = screens, here

    def compose(self) -> ComposeResult:
        """A place each."""
        for mode, (key, title) in self._screens.items():
            yield _Place(mode, key, title, is_here=mode == self._here)

    def on_resize(self) -> None:
        """With more room, more space between."""
        self.set_class(self.size.width >= 110, "-wide")
