"""The pipeline as a strip of cells: each stage with its state and its main result."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal

from orca_local.domain.stages import STAGES
from orca_local.views.overview import StageView
from tui.widgets.live_text import LiveText

MARKS = {"done": "✓", "running": "▶", "failed": "✗", "ready": "●", "waiting": "·"}


class StageCell(LiveText):
    """One stage; a click opens its screen."""

    def __init__(self, name: str) -> None:
        super().__init__(id=f"stage-{name}")
        self._stage = name
        self.border_title = f"{MARKS['waiting']} {name}"

    def show(self, stage: StageView) -> None:
        """Show the stage's mark, name, and main result or state."""
        self.set_classes(stage.state)
        self.border_title = f"{MARKS[stage.state]} {stage.name}"
        self.set_text(stage.figure or stage.state)

    async def on_click(self) -> None:
        """Open the stage's screen."""
        await self.app.action_switch_mode({"evaluate": "export"}.get(self._stage, self._stage))


class Strip(Horizontal):
    """All stages; two rows on a narrow terminal."""

    DEFAULT_CSS = """
    Strip { height: auto; layout: grid; grid-size: 4; grid-gutter: 0 1; grid-rows: 5;
      StageCell { height: 5; border: round $panel; padding: 0 1; color: $text-muted; border-title-color: $text-muted; }
      StageCell.done { color: $success; border-title-color: $success; }
      StageCell.running { color: $success; border: round $success; border-title-color: $success; text-style: bold; }
      StageCell.failed { color: $error; border: round $error; border-title-color: $error; }
      StageCell.ready { color: $foreground; border: round $primary; border-title-color: $foreground; }
      &.-wide { grid-size: 7; }
    }
    """

    def compose(self) -> ComposeResult:
        """The empty cells."""
        yield from (StageCell(stage.name) for stage in STAGES)

    def show(self, stages: Sequence[StageView]) -> None:
        """Update the cells."""
        for stage in stages:
            self.query_one(f"#stage-{stage.name}", StageCell).show(stage)

    def on_resize(self) -> None:
        """Put all seven cells on one row if there is room."""
        self.set_class(self.size.width >= 136, "-wide")
