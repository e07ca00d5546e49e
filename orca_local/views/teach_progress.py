"""The progress of the newest teach run: samples done, calls, speed, cost, and failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta

from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.url import normalize_url
from orca_local.kinds.verdict import Verdict, in_order
from orca_local.runs.progress import HEAD_EVENTS, Progress
from orca_local.store.charges import Spent
from orca_local.store.runs import RunRow
from orca_local.store.store import Store

RATE_SECONDS = 60.0
"""Length of the window over which the speed of a running stage is measured."""
MIN_SECONDS = 5.0
"""Shortest time over which a speed is given."""


class TeachProgress(Frozen):
    """Counts of the newest teach run, and the cost in the whole workspace."""

    run: RunRow | None
    done: int = 0
    """Number of samples that need no more calls."""
    total: int = 0
    """Number of samples."""
    new: int = 0
    """Number of answered calls that were sent by this run."""
    cached: int = 0
    """Number of calls that had been answered before."""
    failed: int = 0
    """Number of calls that failed permanently."""
    verdicts: Mapping[str, int] = field(default_factory=dict)
    """Number of answers by verdict."""
    calls_per_minute: float | None = None
    """New answers a minute; None if the run is too short."""
    spent_usd: float | None = None
    """Cost of all teacher calls in this workspace; None if the price is unknown."""
    calls_made: int = 0
    """Number of calls in this workspace, with retries: what `teacher.max_calls` limits."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """Number of failed calls by reason, the most frequent first."""
    warning: str = ""
    """The last warning of the run."""
    waiting: int = 0
    """Number of calls to this teacher in batches that are not collected yet, from any run."""


class Spending(Frozen):
    """What a teacher has cost so far."""

    spent: Spent
    waiting: int = 0
    """Number of calls in batches that are not collected yet."""


def load_waiting(store: Store, settings: TeacherSettings) -> int:
    """Number of calls to this teacher in batches that are not collected yet, from any run."""
    if not settings.takes_batches:
        return 0
    return len(store.batches.waiting_keys(normalize_url(settings.base_url), settings.model))


def load_teach_progress(store: Store, settings: TeacherSettings, now: datetime | None = None) -> TeachProgress:
    """The progress of the newest teach run, running or not.

    `waiting` counts only batches at the endpoint and model of `settings`. `now` is the time for the speed.
    """
    run = store.runs.newest_by_stage().get("teach")
    spent = store.charges.spent()
    if run is None:
        return TeachProgress(None, calls_made=spent.calls)
    cached = store.runs.tally(run.run_id, "CallAnswered", "cached")
    failures = store.runs.tally(run.run_id, "CallFailed", "error")
    progress = Progress()
    progress.add(store.runs.first_events(run.run_id, HEAD_EVENTS))
    last = store.runs.last_of(run.run_id, "StageProgressed")
    progress.add([last] if last else [])
    warned = store.runs.last_of(run.run_id, "Warned")
    return TeachProgress(
        run=run,
        done=progress.done,
        total=progress.total,
        new=cached.get(0, 0),
        cached=cached.get(1, 0),
        failed=sum(failures.values()),
        verdicts=_verdicts(store, run.run_id),
        calls_per_minute=_calls_per_minute(store, run, now or datetime.now(UTC)),
        spent_usd=progress.usd,
        calls_made=spent.calls,
        failures={str(reason): count for reason, count in failures.items()},
        warning=": ".join(filter(None, (warned.payload["message"], warned.payload["hint"]))) if warned else "",
        waiting=load_waiting(store, settings),
    )


def _verdicts(store: Store, run_id: int) -> dict[str, int]:
    """The number of answers by verdict. An earlier version stored only whether an answer matches."""
    verdicts = store.runs.tally(run_id, "CallAnswered", "verdict")
    if verdicts.pop(None, 0):
        verified = store.runs.tally(run_id, "CallAnswered", "verified")
        old = {Verdict.EQUAL: 1, Verdict.DIFFERENT: 0, Verdict.UNCHECKED: None}
        return in_order({verdict: verified.get(value, 0) for verdict, value in old.items()})
    return in_order(verdicts)


def _calls_per_minute(store: Store, run: RunRow, now: datetime) -> float | None:
    """Speed over the last minute of a running stage, or over the whole run if it has ended."""
    until = now
    if run.status != "running":
        until = datetime.fromisoformat(run.finished_at or run.heartbeat_at)
    seconds = (until - datetime.fromisoformat(run.started_at)).total_seconds()
    since = ""
    if run.status == "running" and seconds > RATE_SECONDS:
        since = (until - timedelta(seconds=RATE_SECONDS)).isoformat(timespec="milliseconds")
        seconds = RATE_SECONDS
    if seconds < MIN_SECONDS:
        return None
    answered = store.runs.tally(run.run_id, "CallAnswered", "cached", since=since).get(0, 0)
    return 60 * answered / seconds
