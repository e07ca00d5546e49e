"""The line at the top: the workspace, and the current run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal

from tui.text import duration
from tui.widgets.live_text import LiveText

if TYPE_CHECKING:
    from orca_local.runs.workspace import Workspace
    from tui.messages import RunNews

_MARKS = {"running": "▶", "done": "✓", "failed": "✗", "dead": "✗", "interrupted": "■"}


class StatusBar(Horizontal):
    """Workspace, student and engine on the left; the current or last run on the right."""

    DEFAULT_CSS = """
    StatusBar { height: 1; background: $panel; color: $foreground; padding: 0 1;
      #place { width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
      #stage { width: auto; max-width: 60%; text-align: right; text-wrap: nowrap; text-overflow: ellipsis; }
      &.running #stage { color: $success; text-style: bold; }
      &.failed #stage, &.dead #stage { color: $error; }
      &.interrupted #stage { color: $warning; }
    }
    """

    def compose(self) -> ComposeResult:
        """Yield the left and the right end."""
        yield LiveText("orca-local", id="place")
        yield LiveText(id="stage")

    def show_workspace(self, workspace: Workspace) -> None:
        """Show the workspace's directory, student and engine."""
        settings = workspace.settings
        parts = ("orca-local", workspace.directory.name, Path(settings.student.file).name, settings.engine.kind)
        self.query_one("#place", LiveText).set_text(" · ".join(parts))

    def show(self, news: RunNews) -> None:
        """Show the current or last run."""
        run = news.run
        if not self.children:  # not composed yet, or about to be closed
            return
        self.set_classes(run.status if run is not None else "")
        text = f"{_MARKS[run.status]} {stage_line(news)}" if run is not None else ""
        self.query_one("#stage", LiveText).set_text(text)


def stage_line(news: RunNews) -> str:
    """Return a line such as `probe 120/480 · 310 tokens/s · 4 min left`; empty if there are no runs."""
    run, progress = news.run, news.progress
    if run is None:
        return ""
    if run.status != "running":
        return f"{run.stage} {run.status}"
    parts = [f"{run.stage} {progress.done}/{progress.total}" if progress.total else run.stage]
    if progress.rate:
        parts.append(f"{progress.rate:.0f} tokens/s")
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    elif progress.note:
        parts.append(progress.note)
    return " · ".join(parts)
