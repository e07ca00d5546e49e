"""Saves what is intact of a damaged database into a new one."""

from __future__ import annotations

import itertools
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from orca_local.domain.record import Record
from orca_local.store.charges import TEACH
from orca_local.store.check import Column, row_problem, table_columns
from orca_local.store.connection import Connection
from orca_local.store.encoding import to_json
from orca_local.store.image import open_image, read_image
from orca_local.store.migrate import MIGRATION_SET, migrate, refuse_newer
from orca_local.store.pages import iter_records
from orca_local.store.references import UNKNOWN_REQUEST, mend_references
from orca_local.store.schema import STEPS

Row = dict[str, Any]
_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises for damage; its message, which names what is damaged, may not be UTF-8 itself."""
_NUMBERS: Mapping[str, str] = {
    "events": "SELECT coalesce(sum(last), 0) FROM (SELECT max(seq) AS last FROM events GROUP BY run_id)",
    **{table: f"SELECT coalesce(max(id), 0) FROM {table}" for table in ("charges", "demonstrations", "batches")},
}
"""For tables whose rows are numbered from 1 and never deleted one by one: the number of rows that there were."""


_ANY_TIME = "1970-01-01T00:00:00.000+00:00"
_TIMES: Row = dict.fromkeys(("created_at", "started_at", "heartbeat_at", "finished_at", "settled_at"), _ANY_TIME)
_OBJECTS: Row = dict.fromkeys(("settings_json", "versions_json", "inputs_json", "metadata_json"), "{}")
NEUTRAL: Mapping[str, Row] = {
    "teacher_calls": {
        **_TIMES,
        "endpoint": "",
        "model": "",
        "request_json": to_json(UNKNOWN_REQUEST),
        "error": "",
        "final": 0,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "reserved_usd": None,
        "cost_usd": None,
        "attempts": 1,
    },
    "charges": {**_TIMES, "cost_usd": None, "purpose": TEACH},
    "runs": {**_TIMES, **_OBJECTS, "pid": 0, "process_started": "", "host": "", "error": ""},
    "samples": {**_TIMES, **_OBJECTS, "rationale": None},
    "demonstrations": {**_TIMES, "verified": None, "hinted": 0, "scorer_version": 1},
    "exports": _TIMES,
    "generations": {**_TIMES, "duration_ms": 0},
}
"""What stands for a broken value, by table and column, where a row is worth keeping without it."""


class RescuedTable(Record):
    """What was saved of one table."""

    name: str
    """Name of the table."""
    saved: int
    """Number of rows in the new database."""
    lost: int
    """Number of rows that are known to have been there, and are not in the new database. There may have been more."""


def rescue_into(damaged: Path, log: Path, target: Path) -> list[RescuedTable]:
    """Write the intact rows of the database `damaged`, with its log, to the new file `target`.

    Returns the tables that had any rows. `damaged` and `log` are only read. Raises `InputError` if the file cannot be
    read or is of a newer version.
    """
    with closing(Connection(target)) as rescued:
        numbers = _fill_from(damaged, log, rescued)
        with rescued.transaction(durable=True):
            migrate(rescued)
            _remove_unreadable(rescued)
            mend_references(rescued)
        rescued.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rescued.execute("PRAGMA journal_mode=DELETE")
        saved = {table: _count(rescued, table) for table in table_columns()}
    rows = ((table, count, numbers[table]) for table, count in saved.items())
    return [RescuedTable(table, count, max(0, seen - count)) for table, count, seen in rows if count or seen]


def _fill_from(damaged: Path, log: Path, rescued: Connection) -> Counter[str]:
    """Copy every readable row; returns the number of rows by table that there were."""
    with closing(_open(read_image(damaged, log))) as source:
        steps = _steps(source, damaged)
        migrate(rescued, steps)
        rescued.execute("PRAGMA foreign_keys=OFF")
        tables = table_columns(len(steps))
        is_whole = _is_whole(source) and any(_column_names(source, table) for table in tables)
        seen = _fill(source, rescued, tables)
        _keep_run_numbers(source, rescued)
    if is_whole:
        return seen
    images = [read_image(damaged, log)]
    if log.exists():
        # The log may be what is damaged, or belong to another database: then the file alone says more.
        images.append(read_image(damaged))
        with closing(_open(images[-1])) as source:
            seen |= _fill(source, rescued, tables)
    with rescued.transaction(durable=False):
        for table, row in itertools.chain.from_iterable(_orphans(image, tables) for image in images):
            _insert(rescued, table, tables[table], row)
    return seen | Counter({table: max(_count(rescued, table), _numbered(rescued, table)) for table in tables})


def _open(image: bytes) -> sqlite3.Connection:
    source = open_image(image)
    with suppress(*_UNREADABLE):
        source.execute("PRAGMA writable_schema=ON")  # reads past an entry of the schema that is damaged
        source.execute("PRAGMA cell_size_check=ON")
    return source


def _steps(source: sqlite3.Connection, path: Path) -> Sequence[tuple[str, str]]:
    """The migrations that the damaged database has: by its list of them, else by its tables; else all."""
    names = [name for name, _ in STEPS]
    applied: list[str] = []
    with suppress(*_UNREADABLE):
        query = "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id"
        applied = [str(row[0]) for row in source.execute(query, [MIGRATION_SET])]
    if applied[: len(names)] == names:
        refuse_newer(path, applied, names)
    if applied and applied == names[: len(applied)]:
        return STEPS[: len(applied)]
    found = {table: set(_column_names(source, table)) for table in table_columns()}
    for count in range(len(STEPS), 0, -1):
        if all(
            {column.name for column in columns} <= found[table]
            for table, columns in table_columns(count).items()
            if found.get(table)
        ):
            return STEPS[:count]
    return STEPS


def _column_names(source: sqlite3.Connection, table: str) -> list[str]:
    with suppress(*_UNREADABLE):
        return [row["name"] for row in source.execute("SELECT name FROM pragma_table_info(?)", [table])]
    return []


def _fill(source: sqlite3.Connection, rescued: Connection, tables: Mapping[str, Sequence[Column]]) -> Counter[str]:
    """Copy every row that SQLite can get to; returns the number of rows by table that it knows of."""
    seen: Counter[str] = Counter()
    with rescued.transaction(durable=False):
        for table, columns in tables.items():
            unreadable = set()
            for row in _rows(source, table):
                if not _insert(rescued, table, columns, row):
                    unreadable.add(str([row.get(column.name) for column in columns if column.key] or row))
            seen[table] = max(_count(rescued, table) + len(unreadable), _indexed(source, table))
    return seen


def _is_whole(source: sqlite3.Connection) -> bool:
    with suppress(*_UNREADABLE):
        return [row[0] for row in source.execute("PRAGMA integrity_check(1)")] == ["ok"]
    return False


def _rows(source: sqlite3.Connection, table: str) -> Iterator[Row]:
    """Yield the rows that SQLite can get to: from the first one on, and from the last one back."""
    names = _column_names(source, table)
    if not names:
        return
    # Texts as bytes: one that is not UTF-8 must not end the reading.
    source.text_factory = bytes
    for query in (f"SELECT * FROM {table} NOT INDEXED", f"SELECT * FROM {table} NOT INDEXED ORDER BY rowid DESC"):
        try:
            for values in source.execute(query):
                with suppress(UnicodeDecodeError):
                    yield {name: _decoded(value) for name, value in zip(names, values, strict=True)}
            break
        except _UNREADABLE:
            continue
    source.text_factory = str


def _decoded(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def _indexed(source: sqlite3.Connection, table: str) -> int:
    """The number of rows that the indexes of a table know of; 0 if none can be read."""
    most = 0
    with suppress(*_UNREADABLE):
        for index in source.execute(f"PRAGMA index_list({table})").fetchall():
            with suppress(*_UNREADABLE):
                most = max(most, source.execute(f'SELECT count(*) FROM {table} INDEXED BY "{index[1]}"').fetchone()[0])
    return int(most)


def _numbered(rescued: Connection, table: str) -> int:
    """The number of rows that there must have been by the numbers of those that are left; 0 if they have none."""
    query = _NUMBERS.get(table)
    return int(rescued.one(query)[0]) if query else 0


def _orphans(image: bytes, tables: Mapping[str, Sequence[Column]]) -> Iterator[tuple[str, Row]]:
    """Yield the rows of single pages, each with the table that it fits into."""
    for record in iter_records(image):
        for table, columns in tables.items():
            row = _as_row(columns, record.rowid, record.values)
            if row is not None and not row_problem(table, row, columns):
                yield table, row
                break


def _as_row(columns: Sequence[Column], rowid: int | None, values: Sequence[Any]) -> Row | None:
    """The values as a row of a table with these columns; None if they do not fit."""
    if columns[0].in_rowid_table != (rowid is not None):
        return None
    # A table without row ids stores its key first.
    stored = columns if rowid is not None else sorted(columns, key=lambda column: column.key or len(columns))
    required = max(i for i, column in enumerate(stored, 1) if not column.is_optional)
    if not required <= len(values) <= len(stored):
        return None
    row = {column.name: value for column, value in zip(stored, values, strict=False)}
    return row | {column.name: rowid for column in columns if column.is_rowid}


def _insert(rescued: Connection, table: str, columns: Sequence[Column], row: Row) -> bool:
    """Store a row unless it is there already; returns whether it is as this program writes it."""
    known = {column.name: row[column.name] for column in columns if column.name in row}
    if row_problem(table, known, columns):
        known = _without_broken(table, columns, known)
    if row_problem(table, known, columns):
        return False
    names, marks = ", ".join(known), ", ".join("?" * len(known))
    try:
        rescued.raw.execute(f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING", [*known.values()])
    except sqlite3.IntegrityError:  # a value that the schema does not allow
        return False
    return True


def _without_broken(table: str, columns: Sequence[Column], row: Row) -> Row:
    """The row with a neutral value in each broken column that the rest is worth keeping without."""
    row = dict(row)
    for name, value in NEUTRAL.get(table, {}).items():
        single = [column for column in columns if column.name == name]
        if single and row_problem("", row, single):
            row[name] = value
    if table == "teacher_calls" and row_problem(table, row, columns):
        row["request_json"] = NEUTRAL[table]["request_json"]
    return row


def _remove_unreadable(rescued: Connection) -> None:
    """Delete rows that were readable as an earlier version wrote them, and are not after the migrations."""
    for table, columns in table_columns().items():
        keys = [column.name for column in columns if column.key] or ["rowid"]
        rows = rescued.rows(f"SELECT {'rowid, ' if keys == ['rowid'] else ''}* FROM {table}")
        for row in rows:
            if row_problem(table, dict(row)):
                where = " AND ".join(f"{key} = ?" for key in keys)
                rescued.execute(f"DELETE FROM {table} WHERE {where}", [row[key] for key in keys])


def _keep_run_numbers(source: sqlite3.Connection, rescued: Connection) -> None:
    """The highest number of a deleted run stays: other processes may still follow it."""
    highest = 0
    with suppress(*_UNREADABLE):
        highest = int(source.execute("PRAGMA user_version").fetchone()[0])
    runs = int(rescued.one("SELECT coalesce(max(id), 0) FROM runs")[0])
    # A damaged number would make the next run's number useless.
    rescued.execute(f"PRAGMA user_version = {highest if runs <= highest < runs + 100_000 else runs}")


def _count(connection: Connection, table: str) -> int:
    return int(connection.one(f"SELECT count(*) FROM {table}")[0])
