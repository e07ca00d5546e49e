"""Runs of stages and their events."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import storable
from orca_local.store.connection import Table
from orca_local.store.encoding import from_json, from_row, to_json, utc_now
from orca_local.store.selections import BY_HAND
from orca_local.system.processes import host_name, is_running, process_started

STALE_SECONDS = 10.0
"""A run is dead if its last heartbeat is older than this and its process is gone."""
FOREIGN_STALE_SECONDS = 60.0
"""The same for a process that cannot be looked up, in another container or on a renamed machine."""


class RunRow(Frozen):
    """One run of one stage."""

    run_id: int
    stage: str
    status: str
    """`running`, `done`, `failed`, `interrupted`, or `dead` (its process crashed or was killed)."""
    settings: dict[str, Any]
    versions: dict[str, str]
    inputs: dict[str, Any]
    """Inputs of the run, such as model hashes."""
    pid: int
    process_started: str
    """Start time of the process; distinguishes it from a later one with the same id."""
    host: str
    error: str
    """Why the run failed; empty if it did not."""
    started_at: str
    heartbeat_at: str
    finished_at: str | None

    @property
    def process(self) -> tuple[str, int, str]:
        """Identifies the process of the run. One command can have several runs."""
        return self.host, self.pid, self.process_started


class RunUses(Frozen):
    """The number of results of a run that are in use, by type."""

    calls: int
    """Charges of teacher calls."""
    trainings: int
    files: int
    """Exported files."""
    results: int
    """Results of evaluations."""
    choices: int
    """Tasks whose selected strategy no later run has replaced."""
    measured: int
    """Measured answers to samples and to questions of suites, if no later run of the stage has measured anything."""


class EventRow(Frozen):
    """One event of a run."""

    run_id: int
    seq: int
    """Number of the event in its run, from 1."""
    kind: str
    payload: dict[str, Any]
    created_at: str


class Runs(Table):
    """The tables `runs` and `events`."""

    def start(self, stage: str, settings_json: str, versions: Mapping[str, str], pid: int | None = None) -> int:
        """Add a run of process `pid`, by default this one, and return its id."""
        number = os.getpid() if pid is None else pid
        now = utc_now()
        row = self._connection.one(
            "INSERT INTO runs (id, stage, status, settings_json, versions_json, inputs_json, pid, process_started,"
            " host, error, started_at, heartbeat_at)"
            " SELECT max(coalesce(max(id), 0), (SELECT user_version FROM pragma_user_version)) + 1,"
            " ?, 'running', ?, ?, '{}', ?, ?, ?, '', ?, ? FROM runs RETURNING id",
            [
                stage,
                to_json(self._connection.places.stored_settings(from_json(settings_json))),
                to_json(dict(versions)),
                number,
                process_started(number) or "",
                host_name(),
                now,
                now,
            ],
        )
        return int(row["id"])

    def heartbeat(self, run_id: int) -> None:
        """Record that the run is alive."""
        self._connection.execute("UPDATE runs SET heartbeat_at = ? WHERE id = ?", [utc_now(), run_id])

    def record_inputs(self, run_id: int, inputs: Mapping[str, Any]) -> None:
        """Add to the inputs of the run."""
        self._connection.execute(
            "UPDATE runs SET inputs_json = json_patch(inputs_json, ?) WHERE id = ?",
            [to_json(self._connection.places.stored_values(dict(inputs))), run_id],
        )

    def finish(self, run_id: int, status: str, error: str = "") -> None:
        """Record how the run ended: done, failed or interrupted."""
        self._connection.execute(
            "UPDATE runs SET status = ?, error = ?, finished_at = ?, heartbeat_at = ? WHERE id = ?",
            [status, storable(error), utc_now(), utc_now(), run_id],
        )

    def mark_dead(self) -> None:
        """Mark all running runs as dead. Only the holder of the workspace's lock may call this."""
        self._connection.execute("UPDATE runs SET status = 'dead', finished_at = heartbeat_at WHERE status = 'running'")

    def get(self, run_id: int) -> RunRow:
        """One run. Raises `InputError` if there is none with this id."""
        runs = self._connection.read(_run, "SELECT * FROM runs WHERE id = ?", [run_id])
        if not runs:
            raise _no_run(run_id)
        return runs[0]

    def uses(self, run_id: int) -> RunUses:
        """The number of results of a run that are in use. Raises `InputError` if there is no such run."""
        uses = self._connection.record(RunUses, _USES, [BY_HAND, run_id])
        if uses is None:
            raise _no_run(run_id)
        return uses

    def delete(self, run_id: int) -> None:
        """Delete a run with its events, measurements (also of suites) and selections. Call it in a transaction.

        It fails if anything else refers to the run. Generations and their scores are kept.
        """
        for table in ("events", "measurements", "suite_measurements", "selections"):
            self._connection.execute(f"DELETE FROM {table} WHERE run_id = ?", [run_id])
        self._connection.execute("DELETE FROM runs WHERE id = ?", [run_id])
        # A run number is never used twice, because other processes may still follow the old run.
        highest = self._connection.one("PRAGMA user_version")[0]
        self._connection.execute(f"PRAGMA user_version = {max(highest, int(run_id))}")

    def add_event(self, run_id: int, kind: str, payload: Mapping[str, Any]) -> int:
        """Append an event and return its number in the run."""
        row = self._connection.one(
            "INSERT INTO events (run_id, seq, kind, payload_json, created_at)"
            " SELECT ?, coalesce(max(seq), 0) + 1, ?, ?, ? FROM events WHERE run_id = ? RETURNING seq",
            [run_id, kind, to_json(self._connection.places.stored_values(dict(payload))), utc_now(), run_id],
        )
        return int(row["seq"])

    def events(self, run_id: int, after_seq: int = 0) -> list[EventRow]:
        """The events of a run after event number `after_seq`."""
        return self._events("seq > ?", run_id, after_seq)

    def newest_by_stage(self) -> dict[str, RunRow]:
        """The newest run of each stage."""
        newest = "SELECT * FROM runs WHERE id IN (SELECT max(id) FROM runs GROUP BY stage)"
        return {run.stage: run for run in self._connection.read(_run, newest)}

    def first_events(self, run_id: int, count: int) -> list[EventRow]:
        """The first `count` events of a run."""
        return self._events("seq <= ?", run_id, count)

    def last_events(self, run_id: int, count: int) -> list[EventRow]:
        """The last `count` events of a run, oldest first."""
        newest = "seq > (SELECT coalesce(max(seq), 0) FROM events WHERE run_id = ?) - ?"
        return self._events(newest, run_id, run_id, count)

    def events_of_kind(self, run_id: int, kind: str) -> list[EventRow]:
        """All events of one kind in a run."""
        return self._events("kind = ?", run_id, kind)

    def last_of(self, run_id: int, kind: str) -> EventRow | None:
        """The last event of a kind in a run; None if there is none."""
        last = "seq = (SELECT max(seq) FROM events WHERE run_id = ? AND kind = ?)"
        return next(iter(self._events(last, run_id, run_id, kind)), None)

    def tally(self, run_id: int, kind: str, field: str, *, since: str = "") -> dict[Any, int]:
        """The number of events of a kind for each value of a field; with `since` (UTC ISO), only later ones.

        Booleans are counted under 1 and 0, null under None.
        """
        rows = self._connection.rows(
            "SELECT json_extract(payload_json, ?) AS value, count(*) AS count FROM events"
            " WHERE run_id = ? AND kind = ? AND created_at >= ? GROUP BY value ORDER BY count DESC, value",
            [f"$.{field}", run_id, kind, since],
        )
        return {row["value"]: int(row["count"]) for row in rows}

    def _events(self, condition: str, run_id: int, *parameters: int | str) -> list[EventRow]:
        query = f"SELECT * FROM events WHERE run_id = ? AND {condition} ORDER BY seq"
        rows = self._connection.records(EventRow, query, [run_id, *parameters])
        return [replace(row, payload=self._connection.places.full_values(row.payload)) for row in rows]

    def list(self, after: int = 0, limit: int | None = None) -> list[RunRow]:
        """Runs with an id above `after`, the newest first, at most `limit`."""
        return self._connection.read(
            _run, "SELECT * FROM runs WHERE id > ? ORDER BY id DESC LIMIT ?", [after, -1 if limit is None else limit]
        )


_USES = """
SELECT
  (SELECT count(*) FROM charges WHERE run_id = runs.id) AS calls,
  (SELECT count(*) FROM trainings WHERE run_id = runs.id) AS trainings,
  (SELECT count(*) FROM exports WHERE run_id = runs.id) AS files,
  (SELECT count(*) FROM evaluations WHERE run_id = runs.id) AS results,
  (SELECT count(*) FROM selections AS chosen WHERE run_id = runs.id AND NOT EXISTS (
    SELECT 1 FROM selections AS later WHERE later.task = chosen.task AND later.id > chosen.id
    AND later.chosen_by != ?)) AS choices,
  CASE WHEN EXISTS (SELECT 1 FROM runs AS later WHERE later.stage = runs.stage AND later.id > runs.id
    AND (EXISTS (SELECT 1 FROM measurements WHERE run_id = later.id)
      OR EXISTS (SELECT 1 FROM suite_measurements WHERE run_id = later.id))) THEN 0
  ELSE (SELECT count(*) FROM measurements WHERE run_id = runs.id)
    + (SELECT count(*) FROM suite_measurements WHERE run_id = runs.id) END AS measured
FROM runs WHERE id = ?
"""


def _no_run(run_id: int) -> InputError:
    return InputError(f"there is no run {run_id}", hint="see `orca-local runs list`")


def _run(row: sqlite3.Row) -> RunRow:
    return from_row(RunRow, row, run_id=row["id"], status="dead" if _is_dead(row) else row["status"])


def _is_dead(row: sqlite3.Row) -> bool:
    if row["status"] != "running":
        return False
    silent = (datetime.now(UTC) - datetime.fromisoformat(row["heartbeat_at"])).total_seconds()
    if row["host"] != host_name():
        return silent > FOREIGN_STALE_SECONDS
    return silent > STALE_SECONDS and not is_running(row["pid"], row["process_started"])
