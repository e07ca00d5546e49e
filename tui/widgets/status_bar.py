"""The line at the top: whose workspace this is, and what is going on in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal

from tui.text import duration
from tui.widgets.words import Words

if TYPE_CHECKING:
    from orca_local.runs.workspace import Workspace
    from tui.messages import News

_MARKS = {"running": "▶", "done": "✓", "failed": "✗", "dead": "✗", "interrupted": "■"}


class StatusBar(Horizontal):
    """Workspace, student and engine on the left; the stage that runs, or ran last, on the right."""

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
        """The two ends of the line."""
        yield Words("orca-local", id="place")
        yield Words(id="stage")

    def show_workspace(self, workspace: Workspace) -> None:
        """Its directory, student and engine."""
        settings = workspace.settings
        parts = ("orca-local", workspace.directory.name, Path(settings.student.file).name, settings.engine.kind)
        self.query_one("#place", Words).say(" · ".join(parts))

    def show(self, news: News) -> None:
        """The stage that runs, or ran last."""
        run = news.run
        if not self.children:  # not drawn yet, or about to be closed
            return
        self.set_classes(run.status if run is not None else "")
        self.query_one("#stage", Words).say(f"{_MARKS[run.status]} {stage_line(news)}" if run is not None else "")


def stage_line(news: News) -> str:
    """Such as `probe 120/480 · 310 tokens/s · 4 min left`."""
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
