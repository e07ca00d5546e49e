"""Runs of stages and what happened in them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.store.connection import Connection
from orca_local.store.encoding import from_json, storable, to_json, utc_now
from orca_local.store.selections import BY_HAND
from orca_local.system.processes import host_name, is_running, process_started

STALE_SECONDS = 10.0
"""A run whose last heartbeat is older than this, and whose process is gone, is dead."""
FOREIGN_STALE_SECONDS = 60.0
"""The same where the process cannot be looked up: in another container, or before the machine was renamed."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of one stage."""

    run_id: int
    stage: str
    status: str
    """running, done, failed, interrupted, or dead: its process ended without a word."""
    settings: dict[str, Any]
    versions: dict[str, str]
    inputs: dict[str, Any]
    """What the run was made from: model hashes, template text."""
    pid: int
    process_started: str
    """Tells the process from another that got the same number later."""
    host: str
    error: str
    """Why it failed."""
    started_at: str
    heartbeat_at: str
    finished_at: str | None

    @property
    def process(self) -> tuple[str, int, str]:
        """Names its process for good; one command may be several runs."""
        return self.host, self.pid, self.process_started

    def to_dict(self) -> dict[str, Any]:
        """The form that `--json` prints."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RunUses:
    """What came from a run and is in use."""

    calls: int
    """Lines in the ledger of what teachers cost."""
    trainings: int
    files: int
    """Exported ones."""
    results: int
    """Of evaluations."""
    choices: int
    """Tasks whose choice of a strategy no later run has replaced."""
    measured: int
    """Answers, where no later run of the stage has measured anything."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of a run."""

    run_id: int
    seq: int
    """Counts from 1 within the run."""
    kind: str
    payload: dict[str, Any]
    created_at: str

    def to_dict(self) -> dict[str, Any]:
        """The form that `--json` prints."""
        return asdict(self)


class Runs:
    """The tables `runs` and `events`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self, stage: str, settings_json: str, versions: Mapping[str, str], pid: int | None = None) -> int:
        """A new running run of process `pid`, or of this one."""
        number = os.getpid() if pid is None else pid
        now = utc_now()
        row = self._connection.row(
            "INSERT INTO runs (id, stage, status, settings_json, versions_json, inputs_json, pid, process_started,"
            " host, error, started_at, heartbeat_at)"
            " SELECT max(coalesce(max(id), 0), (SELECT user_version FROM pragma_user_version)) + 1,"
            " ?, 'running', ?, ?, '{}', ?, ?, ?, '', ?, ? FROM runs RETURNING id",
            [
                stage,
                settings_json,
                to_json(dict(versions)),
                number,
                process_started(number) or "",
                host_name(),
                now,
                now,
            ],
        )
        assert row is not None
        return int(row["id"])

    def heartbeat(self, run_id: int) -> None:
        """Say that the run lives."""
        self._connection.execute("UPDATE runs SET heartbeat_at = ? WHERE id = ?", [utc_now(), run_id])

    def record_inputs(self, run_id: int, inputs: Mapping[str, Any]) -> None:
        """Add to what the run was made from."""
        self._connection.execute(
            "UPDATE runs SET inputs_json = json_patch(inputs_json, ?) WHERE id = ?", [to_json(dict(inputs)), run_id]
        )

    def finish(self, run_id: int, status: str, error: str = "") -> None:
        """The run ended: done, failed or interrupted."""
        self._connection.execute(
            "UPDATE runs SET status = ?, error = ?, finished_at = ?, heartbeat_at = ? WHERE id = ?",
            [status, storable(error), utc_now(), utc_now(), run_id],
        )

    def mark_dead(self) -> None:
        """Whoever holds the workspace's lock knows that no other run lives."""
        self._connection.execute("UPDATE runs SET status = 'dead', finished_at = heartbeat_at WHERE status = 'running'")

    def get(self, run_id: int) -> RunRow:
        """One run. Raises `InputError` where there is none."""
        row = self._connection.row("SELECT * FROM runs WHERE id = ?", [run_id])
        if row is None:
            raise _no_run(run_id)
        return _run(row)

    def uses(self, run_id: int) -> RunUses:
        """What of a run is in use. Raises `InputError` where there is none."""
        row = self._connection.row(_USES, [BY_HAND, run_id])
        if row is None:
            raise _no_run(run_id)
        return RunUses(*row)

    def delete(self, run_id: int) -> None:
        """Take out a run with its events, what it measured, and what it chose; call it in a transaction.

        Whatever else refers to the run keeps it there. Generations and their scores stay.
        """
        for table in ("events", "measurements", "selections"):
            self._connection.execute(f"DELETE FROM {table} WHERE run_id = ?", [run_id])
        self._connection.execute("DELETE FROM runs WHERE id = ?", [run_id])
        # Whoever follows a run knows it by its number: none is given again, not even that of the newest.
        highest = self._connection.row("PRAGMA user_version")
        assert highest is not None
        self._connection.execute(f"PRAGMA user_version = {max(int(highest[0]), int(run_id))}")

    def add_event(self, run_id: int, kind: str, payload: Mapping[str, Any]) -> int:
        """Append an event; returns its number."""
        row = self._connection.row(
            "INSERT INTO events (run_id, seq, kind, payload_json, created_at)"
            " SELECT ?, coalesce(max(seq), 0) + 1, ?, ?, ? FROM events WHERE run_id = ? RETURNING seq",
            [run_id, kind, to_json(dict(payload)), utc_now(), run_id],
        )
        assert row is not None
        return int(row["seq"])

    def events(self, run_id: int, after_seq: int = 0) -> list[EventRow]:
        """The events of a run that came after number `after_seq`."""
        return self._events("seq > ?", run_id, after_seq)

    def newest_by_stage(self) -> dict[str, RunRow]:
        """The newest run of each stage."""
        found = self._connection.rows("SELECT * FROM runs WHERE id IN (SELECT max(id) FROM runs GROUP BY stage)")
        return {row["stage"]: _run(row) for row in found}

    def first_events(self, run_id: int, count: int) -> list[EventRow]:
        """The first `count` events of a run."""
        return self._events("seq <= ?", run_id, count)

    def last_events(self, run_id: int, count: int) -> list[EventRow]:
        """The last `count` events of a run, in their order."""
        newest = "seq > (SELECT coalesce(max(seq), 0) FROM events WHERE run_id = ?) - ?"
        return self._events(newest, run_id, run_id, count)

    def events_of_kind(self, run_id: int, kind: str) -> list[EventRow]:
        """The events of one kind of a run."""
        return self._events("kind = ?", run_id, kind)

    def last_of(self, run_id: int, kind: str) -> EventRow | None:
        """The last event of a kind, where a run has one."""
        last = "seq = (SELECT max(seq) FROM events WHERE run_id = ? AND kind = ?)"
        return next(iter(self._events(last, run_id, run_id, kind)), None)

    def tally(self, run_id: int, kind: str, field: str, *, since: str = "") -> dict[Any, int]:
        """How many events of a kind have which value of a field; with `since`, those from that moment on.

        Truth values count under 1 and 0, null under None.
        """
        found = self._connection.rows(
            "SELECT json_extract(payload_json, ?) AS value, count(*) AS count FROM events"
            " WHERE run_id = ? AND kind = ? AND created_at >= ? GROUP BY value ORDER BY count DESC, value",
            [f"$.{field}", run_id, kind, since],
        )
        return {row["value"]: int(row["count"]) for row in found}

    def _events(self, condition: str, run_id: int, *parameters: int | str) -> list[EventRow]:
        found = self._connection.rows(
            f"SELECT run_id, seq, kind, payload_json, created_at FROM events WHERE run_id = ? AND {condition}"
            " ORDER BY seq",
            [run_id, *parameters],
        )
        return [
            EventRow(row["run_id"], row["seq"], row["kind"], from_json(row["payload_json"]), row["created_at"])
            for row in found
        ]

    def list(self, after: int = 0, limit: int | None = None) -> list[RunRow]:
        """All runs, or those that came after run `after`, the newest first; at most `limit`."""
        found = self._connection.rows(
            "SELECT * FROM runs WHERE id > ? ORDER BY id DESC LIMIT ?", [after, -1 if limit is None else limit]
        )
        return [_run(row) for row in found]


_USES = """
SELECT
  (SELECT count(*) FROM charges WHERE run_id = runs.id) AS calls,
  (SELECT count(*) FROM trainings WHERE run_id = runs.id) AS trainings,
  (SELECT count(*) FROM exports WHERE run_id = runs.id) AS files,
  (SELECT count(*) FROM evaluations WHERE run_id = runs.id) AS results,
  (SELECT count(*) FROM selections AS chosen WHERE run_id = runs.id AND NOT EXISTS (
    SELECT 1 FROM selections AS later WHERE later.task = chosen.task AND later.id > chosen.id
    AND later.chosen_by != ?)) AS choices,
  (SELECT count(*) FROM measurements WHERE run_id = runs.id AND NOT EXISTS (
    SELECT 1 FROM runs AS later WHERE later.stage = runs.stage AND later.id > runs.id
    AND EXISTS (SELECT 1 FROM measurements WHERE run_id = later.id))) AS measured
FROM runs WHERE id = ?
"""


def _no_run(run_id: int) -> InputError:
    return InputError(f"there is no run {run_id}", hint="see `orca-local runs list`")


def _run(row: sqlite3.Row) -> RunRow:
    return RunRow(
        run_id=row["id"],
        stage=row["stage"],
        status="dead" if _is_dead(row) else row["status"],
        settings=from_json(row["settings_json"]),
        versions=from_json(row["versions_json"]),
        inputs=from_json(row["inputs_json"]),
        pid=row["pid"],
        process_started=row["process_started"],
        host=row["host"],
        error=row["error"],
        started_at=row["started_at"],
        heartbeat_at=row["heartbeat_at"],
        finished_at=row["finished_at"],
    )


def _is_dead(row: sqlite3.Row) -> bool:
    if row["status"] != "running":
        return False
    silent = (datetime.now(UTC) - datetime.fromisoformat(row["heartbeat_at"])).total_seconds()
    if row["host"] != host_name():
        return silent > FOREIGN_STALE_SECONDS
    return silent > STALE_SECONDS and not is_running(row["pid"], row["process_started"])
