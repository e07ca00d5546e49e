"""What the parts of the interface tell each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orca_local.runs.progress import Progress
    from orca_local.store.runs import EventRow, RunRow


@dataclass(frozen=True, slots=True)
class News:
    """What happened in the workspace since it was last looked at."""

    run: RunRow | None
    """The run that is going on, else the newest; None where there is none."""
    progress: Progress
    """Of that run."""
    events: tuple[EventRow, ...]
    """New ones of that run; of one that is seen for the first time, only its last."""

    @property
    def is_running(self) -> bool:
        """Whether a stage is at work."""
        return self.run is not None and self.run.status == "running"
