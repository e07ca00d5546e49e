"""Makes a database whole in which rows refer to rows that were lost."""

from __future__ import annotations

from typing import Any

from orca_local.store.connection import Connection
from orca_local.store.encoding import to_json, utc_now

LOST = "lost when the database was damaged"
UNKNOWN_REQUEST: dict[str, Any] = {"messages": []}
"""The request of a call whose answer was saved and whose request was not."""
_RUN_STAGES = {
    "charges": "teach",
    "trainings": "train",
    "evaluations": "evaluate",
    "measurements": "probe",
    "suite_measurements": "suites",
}
"""The stage of a lost run, by the table that still refers to it."""


def mend_references(connection: Connection) -> None:
    """Replace lost rows that others need, as far as those say what was in them; delete what still refers to nothing.

    An answer of a teacher is kept even if its call was lost, and a charge even if its run was.
    """
    now = utc_now()
    connection.execute(
        "INSERT INTO tasks (name, source, created_at) SELECT DISTINCT task, ?, ? FROM samples"
        " WHERE task NOT IN (SELECT name FROM tasks)",
        [LOST, now],
    )
    _restore_runs(connection, now)
    _restore_calls(connection, now)
    for table in ("exports", "selections"):
        connection.execute(f"UPDATE OR IGNORE {table} SET run_id = NULL WHERE run_id NOT IN (SELECT id FROM runs)")
    connection.execute("UPDATE exports SET adapter_id = NULL WHERE adapter_id NOT IN (SELECT id FROM adapters)")
    connection.execute("UPDATE adapters SET training_id = NULL WHERE training_id NOT IN (SELECT id FROM trainings)")
    _delete_dangling(connection)
    connection.execute("INSERT INTO demonstration_texts(demonstration_texts) VALUES ('rebuild')")


def _restore_runs(connection: Connection, now: str) -> None:
    for table, stage in _RUN_STAGES.items():
        rows = connection.rows(f"SELECT DISTINCT run_id FROM {table} WHERE run_id NOT IN (SELECT id FROM runs)")
        for row in rows:
            _add_run(connection, row["run_id"], stage, "dead", now)
    finished = connection.rows(
        "SELECT run_id, json_extract(payload_json, '$.stage') AS stage FROM events"
        " WHERE kind = 'StageFinished' AND run_id NOT IN (SELECT id FROM runs)"
    )
    for row in finished:
        _add_run(connection, row["run_id"], str(row["stage"]), "done", now)


def _add_run(connection: Connection, run_id: int, stage: str, status: str, now: str) -> None:
    values = {"id": run_id, "stage": stage, "status": status, "pid": 0, "process_started": "", "host": ""}
    values |= dict.fromkeys(("settings_json", "versions_json", "inputs_json"), "{}")
    times = dict.fromkeys(("started_at", "heartbeat_at", "finished_at"), now)
    error = "" if status == "done" else LOST
    connection.insert("runs", {**values, **times, "error": error}, verb="INSERT OR IGNORE")


def _restore_calls(connection: Connection, now: str) -> None:
    """A call whose answer is still a demonstration is answered; any other lost call that was charged has failed."""
    demonstrated = connection.rows(
        "SELECT teacher_call_key AS key, min(text) AS text FROM demonstrations"
        " WHERE NOT edited AND teacher_call_key NOT IN (SELECT key FROM teacher_calls) GROUP BY 1"
    )
    for row in demonstrated:
        _add_call(connection, row["key"], "done", to_json({"text": row["text"], "finish_reason": "stop"}), "", now)
    others = connection.rows(
        "SELECT call_key AS key FROM charges WHERE call_key NOT IN (SELECT key FROM teacher_calls)"
        " UNION SELECT teacher_call_key FROM demonstrations"
        " WHERE teacher_call_key NOT IN (SELECT key FROM teacher_calls)"
    )
    for row in others:
        _add_call(connection, row["key"], "failed", None, LOST, now)


def _add_call(connection: Connection, key: str, state: str, response: str | None, error: str, now: str) -> None:
    values: dict[str, Any] = {
        "key": key,
        "endpoint": "",
        "model": "",
        "request_json": to_json(UNKNOWN_REQUEST),
        "state": state,
    }
    values |= {"response_json": response, "error": error, "created_at": now, "finished_at": now}
    connection.insert("teacher_calls", {**values, "prompt_tokens": 0, "completion_tokens": 0, "attempts": 1})


def _delete_dangling(connection: Connection) -> None:
    """Delete rows that refer to lost ones, until none is left: a deleted row may be one that others refer to."""
    while problems := connection.rows("PRAGMA foreign_key_check"):
        for table, rowid in {(row["table"], row["rowid"]) for row in problems}:
            if rowid is not None:
                connection.execute(f"DELETE FROM {table} WHERE rowid = ?", [rowid])
        for table in {row["table"] for row in problems if row["rowid"] is None}:
            for key in connection.rows(f"PRAGMA foreign_key_list({table})"):
                connection.execute(
                    f"DELETE FROM {table} WHERE {key['from']} NOT IN (SELECT {key['to']} FROM {key['table']})"
                )
