"""The pipeline as a strip: a cell a stage, with its state, its figure and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal

from orca_local.domain.stages import STAGES
from orca_local.views.overview import StageView
from tui.widgets.words import Words

MARKS = {"done": "✓", "running": "▶", "failed": "✗", "ready": "●", "waiting": "·"}


class StageCell(Words):
    """One stage; a click goes to its screen."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{MARKS['waiting']} {name}", id=f"stage-{name}")
        self._stage = name

    def show(self, stage: StageView) -> None:
        """Mark and name, figure, action."""
        self.set_classes(stage.state)
        self.say(f"{MARKS[stage.state]} {stage.name}\n{stage.figure or stage.state}\n{stage.action}")

    async def on_click(self) -> None:
        """To its screen."""
        await self.app.action_switch_mode({"evaluate": "export"}.get(self._stage, self._stage))


class Strip(Horizontal):
    """All stages, in two rows where the terminal is narrow."""

    DEFAULT_CSS = """
    Strip { height: auto; layout: grid; grid-size: 4; grid-gutter: 0 1; grid-rows: 5;
      StageCell { height: 5; border: round $panel; padding: 0 1; color: $text-muted; }
      StageCell.done { color: $success; }
      StageCell.running { color: $success; border: round $success; text-style: bold; }
      StageCell.failed { color: $error; border: round $error; }
      StageCell.ready { color: $foreground; border: round $primary; }
      &.-wide { grid-size: 7; }
    }
    """

    def compose(self) -> ComposeResult:
        """The cells, whose figures come later."""
        yield from (StageCell(stage.name) for stage in STAGES)

    def show(self, stages: Sequence[StageView]) -> None:
        """Bring the cells up to date."""
        for stage in stages:
            self.query_one(f"#stage-{stage.name}", StageCell).show(stage)

    def on_resize(self) -> None:
        """Seven cells side by side want 140 columns."""
        self.set_class(self.size.width >= 136, "-wide")
