"""The messages with which the app informs its screens about runs and the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from orca_local.runs.progress import Progress
    from orca_local.store.runs import EventRow, RunRow


@dataclass(frozen=True, slots=True)
class RunNews:
    """The changes in the workspace since the last check."""

    run: RunRow | None
    """The running run, else the newest one; None if there are no runs."""
    progress: Progress
    """Progress of that run."""
    events: tuple[EventRow, ...]
    """New events of that run; only its last ones when it is seen for the first time."""

    @property
    def is_running(self) -> bool:
        """Whether the run is still running."""
        return self.run is not None and self.run.status == "running"


class RunsChanged(Message):
    """Something changed in the workspace; sent to the visible screen."""

    def __init__(self, news: RunNews) -> None:
        super().__init__()
        self.news = news


class WorkspaceOpened(Message):
    """A workspace was opened or created; sent to the visible screens."""
