"""What tests read from the events of a stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orca_local.domain.events import Event, StageFinished


def summary_of(events: Sequence[Event]) -> dict[str, Any]:
    """The summary that the last event holds, as `--json` prints it."""
    assert isinstance(events[-1], StageFinished)
    return events[-1].summary.to_dict()
