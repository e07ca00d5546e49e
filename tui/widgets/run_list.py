"""A list of runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from orca_local.domain.figures import local_time
from tui.widgets.listing import Column, Listing

if TYPE_CHECKING:
    from orca_local.store.runs import RunRow


def run_list(*, id: str) -> Listing[RunRow]:
    """Return an empty list of runs."""
    columns = [
        Column["RunRow"]("run", lambda run: str(run.run_id), 5, is_number=True),
        Column["RunRow"]("stage", lambda run: run.stage, 8),
        Column["RunRow"]("status", lambda run: run.status, 11),
        Column["RunRow"]("started", lambda run: local_time(run.started_at), 19),
        Column["RunRow"]("seconds", _seconds, 7, is_number=True),
        Column["RunRow"]("error", lambda run: run.error),
    ]
    return Listing(columns, lambda run: run.run_id, id=id)


def _seconds(run: RunRow) -> str:
    end = datetime.fromisoformat(run.finished_at or run.heartbeat_at)
    return f"{(end - datetime.fromisoformat(run.started_at)).total_seconds():.0f}"
