"""Finds out whether a database is damaged, and how."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from orca_local.domain.errors import OrcaError
from orca_local.domain.export_summary import Acceptance
from orca_local.domain.frozen import Frozen
from orca_local.domain.record import Record
from orca_local.domain.types import Message
from orca_local.store.connection import Connection
from orca_local.store.encoding import MAX_INTEGER, UNDECODABLE, from_json, messages, texts, typed
from orca_local.store.explain import row_name
from orca_local.store.migrate import migrate
from orca_local.store.schema import STEPS

_LISTS = ("answer_json", "labels_json")
"""Columns that hold a list of texts. `messages_json` holds a list of messages, every other JSON column an object."""
_TYPES: Mapping[str, type[Any]] = {"TEXT": str, "INTEGER": int, "REAL": float}


class Column(Frozen):
    """A column of a table of this version."""

    name: str
    kind: type[Any]
    is_required: bool
    key: int
    """Its place in the primary key, from 1; 0 if it is not part of it."""
    is_optional: bool
    """Whether it is empty or has a default in rows that do not name it."""
    is_rowid: bool
    """Whether it is the row id."""
    in_rowid_table: bool
    """Whether the rows of its table have row ids."""


def find_damage(path: Path) -> str:
    """What is wrong with a database, in words; empty if nothing is. It reads every row."""
    # A copy, because SQLite checks no CHECK constraint of a file that it may not write.
    try:
        with closing(Connection.copy_of(path)) as connection, connection.explained():
            migrate(connection)
            return next(_problems(connection), "")
    except OrcaError as error:
        return error.message
    except (sqlite3.Error, *UNDECODABLE) as error:
        return str(error)


def row_problem(table: str, row: Mapping[str, Any], columns: Sequence[Column] = ()) -> str:
    """What this program cannot read in a row; empty if it is as this program writes it.

    `columns` are those of the table, by default in this version.
    """
    for column in columns or table_columns()[table]:
        try:
            if column.name in row or not column.is_optional:
                _check_value(column, row[column.name])
        except UNDECODABLE as error:
            return str(error)
    try:
        if table in _CHECKS:
            _CHECKS[table](row)
    except UNDECODABLE as error:
        return f"its content is of another form: {error!r:.80}"
    return ""


@cache
def table_columns(steps: int = len(STEPS)) -> Mapping[str, tuple[Column, ...]]:
    """The columns of each table after the first `steps` migrations."""
    with closing(Connection(Path(":memory:"))) as fresh:
        migrate(fresh, STEPS[:steps])
        tables = fresh.rows("SELECT name, wr FROM pragma_table_list WHERE type = 'table' AND strict ORDER BY name")
        return {table["name"]: _columns(fresh, table["name"], bool(table["wr"])) for table in tables}


def _columns(connection: Connection, table: str, is_without_rowid: bool) -> tuple[Column, ...]:
    rows = connection.rows(f"PRAGMA table_info({table})")
    keys = sum(bool(row["pk"]) for row in rows)
    return tuple(
        Column(
            name=row["name"],
            kind=_TYPES[row["type"]],
            is_required=bool(row["notnull"] or row["pk"]),
            key=row["pk"],
            is_optional=row["dflt_value"] is not None or not (row["notnull"] or row["pk"]),
            is_rowid=not is_without_rowid and keys == 1 and bool(row["pk"]) and row["type"] == "INTEGER",
            in_rowid_table=not is_without_rowid,
        )
        for row in rows
    )


def _problems(connection: Connection) -> Iterator[str]:
    found = _parts(connection)
    for name, (kind, columns) in _expected_parts().items():
        if name not in found or found[name][0] != kind:
            yield f"the {kind} {name} is missing"
            continue
        lacking = [column for column in columns if column not in found[name][1]]
        yield from (f"the {kind} {name} lacks the column {column}" for column in lacking)
    yield from (row[0] for row in connection.rows("PRAGMA integrity_check(1)") if row[0] != "ok")
    for row in connection.iterate("PRAGMA foreign_key_check"):
        yield f"a row of {row['table']} (rowid {row['rowid']}) refers to a row of {row['parent']} that is not there"
    for table in table_columns():
        query = f"SELECT * FROM {table}"
        for row in connection.iterate(query):
            if problem := row_problem(table, dict(row)):
                yield f"{row_name(query, row)} cannot be read: {problem}"


@cache
def _expected_parts() -> dict[str, tuple[str, list[str]]]:
    with closing(Connection(Path(":memory:"))) as fresh:
        migrate(fresh)
        return _parts(fresh)


def _parts(connection: Connection) -> dict[str, tuple[str, list[str]]]:
    """Kind (table, view, index or trigger) and columns of each part of the schema."""
    rows = connection.rows("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type DESC")
    return {
        row["name"]: (
            row["type"],
            [c["name"] for c in connection.rows("SELECT name FROM pragma_table_info(?)", [row["name"]])],
        )
        for row in rows
    }


def _check_value(column: Column, value: Any) -> None:
    if value is None:
        if column.is_required:
            raise ValueError(f"{column.name} is empty")
    elif column.kind is float:
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f"{column.name} is {value!r:.60}, not a number")
    elif column.kind is int:
        if abs(typed(value, int, column.name)) > MAX_INTEGER:
            raise ValueError(f"{column.name} is {value}, which is no count that this program stores")
    else:
        _check_text(column.name, typed(value, str, column.name))


def _check_text(name: str, text: str) -> None:
    text.encode()
    if name in _LISTS:
        texts(from_json(text), name)
    elif name == "messages_json":
        messages(from_json(text), name)
    elif name.endswith("_json"):
        typed(from_json(text), dict, name)
    elif name.endswith("_at"):
        datetime.fromisoformat(text)


def _check_event(row: Mapping[str, Any]) -> None:
    from orca_local.domain.summaries import STAGE_SUMMARIES

    if row["kind"] == "StageFinished":
        payload = from_json(row["payload_json"])
        STAGE_SUMMARIES.get(payload["stage"], Record).from_dict(payload["summary"])


def _check_training(row: Mapping[str, Any]) -> None:
    from orca_local.domain.summaries import TrainResult

    if row["status"] == "done":
        TrainResult.from_dict(from_json(row["summary_json"]))


def _check_export(row: Mapping[str, Any]) -> None:
    Acceptance.from_dict(from_json(row["acceptance_json"]))


def _check_call(row: Mapping[str, Any]) -> None:
    for message in from_json(row["request_json"]).get("messages", ()):
        Message(**message)
    if row["response_json"] is not None:
        typed(from_json(row["response_json"]).get("text") or "", str, "text")


_CHECKS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "events": _check_event,
    "trainings": _check_training,
    "exports": _check_export,
    "teacher_calls": _check_call,
}
