"""Where teaching stands: what the newest run has asked and got, how fast, at what cost, and what failed why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from orca_local.domain.address import tidy
from orca_local.domain.settings import TeacherSettings
from orca_local.runs.progress import HEAD_EVENTS, Progress
from orca_local.store.runs import RunRow
from orca_local.store.store import Store

RATE_SECONDS = 60.0
"""Calls of the last so many seconds say how fast a running stage is."""
LEAST_SECONDS = 5.0
"""Below this, a rate says nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the newest teach run."""

    run: RunRow | None
    done: int = 0
    total: int = 0
    """Samples that nothing more is asked of, and all of them."""
    new: int = 0
    cached: int = 0
    failed: int = 0
    """Calls."""
    right: int = 0
    wrong: int = 0
    """Answers that agree with their references, or have none; and those that differ."""
    calls_per_minute: float | None = None
    """New answers; None where too little is done to say."""
    usd: float | None = None
    """What teachers have cost in this workspace; None where no price is known."""
    calls_made: int = 0
    """In this workspace, repeated tries included: what `teacher.max_calls` counts."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """How many calls failed for which reason, the most frequent first."""
    warning: str = ""
    """What the run warned of last."""
    waiting: int = 0
    """Calls to this teacher that are in batches and not collected yet, whichever run sent them."""


def standing(store: Store, settings: TeacherSettings, now: datetime | None = None) -> Standing:
    """What the newest run says, running or not; `now` is for its speed.

    Of batches, only those count that `settings` can collect: others wait at another endpoint, or for another model.
    """
    run = store.runs.newest_by_stage().get("teach")
    spent = store.charges.spent()
    if run is None:
        return Standing(None, calls_made=spent.calls)
    cached = store.runs.tally(run.run_id, "CallAnswered", "cached")
    verified = store.runs.tally(run.run_id, "CallAnswered", "verified")
    failures = store.runs.tally(run.run_id, "CallFailed", "error")
    progress = Progress()
    progress.add(store.runs.first_events(run.run_id, HEAD_EVENTS))
    last = store.runs.last_of(run.run_id, "StageProgressed")
    progress.add([last] if last else [])
    warned = store.runs.last_of(run.run_id, "Warned")
    return Standing(
        run,
        progress.done,
        progress.total,
        cached.get(0, 0),
        cached.get(1, 0),
        sum(failures.values()),
        verified.get(1, 0) + verified.get(None, 0),
        verified.get(0, 0),
        _rate(store, run, now or datetime.now(UTC)),
        progress.usd,
        spent.calls,
        {str(reason): count for reason, count in failures.items()},
        ": ".join(filter(None, (warned.payload["message"], warned.payload["hint"]))) if warned else "",
        len(store.batches.waiting_keys(tidy(settings.base_url), settings.model)) if settings.takes_batches else 0,
    )


def _rate(store: Store, run: RunRow, now: datetime) -> float | None:
    """Of the last minute while the run goes on, of the whole run when it has ended."""
    began = datetime.fromisoformat(run.started_at)
    until = now
    if run.status != "running":
        until = datetime.fromisoformat(run.finished_at or run.heartbeat_at)
    seconds = (until - began).total_seconds()
    since = ""
    if run.status == "running" and seconds > RATE_SECONDS:
        since = (until - timedelta(seconds=RATE_SECONDS)).isoformat(timespec="milliseconds")
        seconds = RATE_SECONDS
    if seconds < LEAST_SECONDS:
        return None
    answered = store.runs.tally(run.run_id, "CallAnswered", "cached", since=since).get(0, 0)
    return 60 * answered / seconds
