"""Upgrades a database to the schema of this version."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.store.connection import Connection
from orca_local.store.encoding import UNDECODABLE, from_json, to_json
from orca_local.store.explain import damaged
from orca_local.store.places import path_in_workspace, values_in_workspace
from orca_local.store.schema import STEPS

MIGRATION_SET = "orca_local"
OUR_TABLES = {"samples", "teacher_calls", "generations", "runs"}
"""Tables of the first version. A database with one of them is of this program."""


def migrate(connection: Connection, steps: Sequence[tuple[str, str]] = STEPS) -> None:
    """Apply the migrations of `steps` (name and SQL) that the database lacks, all or none of them.

    Nothing is written to a database that is refused. Raises `InputError` for a database of a newer version and for
    one of another program, and `StoreError` if it is damaged.
    """
    names = [name for name, _ in steps]
    # The tables before the list: another process may be making both.
    tables = _tables(connection) - {"_sqlite_migrations"}
    applied = applied_steps(connection)
    refuse_newer(connection.path, applied, names)
    if not applied and tables and not tables & OUR_TABLES:
        raise InputError(
            f"{connection.path} is a database of another program: it has none of the tables of orca-local",
            hint="move that file away, or name another workspace with -w",
        )
    if applied != names[: len(applied)] or (tables and not applied):
        raise damaged(connection.path, "its list of migrations is incomplete")
    connection.execute("PRAGMA journal_mode=WAL")
    if applied != names:
        _apply(connection, steps)


def refuse_newer(path: Path, applied: Sequence[str], known: Sequence[str]) -> None:
    """Raise `InputError` if a migration in `applied` is none of the `known` ones."""
    newer = [name for name in applied if name not in known]
    if newer:
        raise InputError(
            f"{path} was written by a newer orca-local: its schema is {newer[-1]!r}, "
            f"this version supports {known[-1]!r}",
            hint="update with `pip install --upgrade orca-local`",
        )


def is_current(connection: Connection) -> bool:
    """Whether the database has every migration of this version."""
    return applied_steps(connection) == [name for name, _ in STEPS]


def applied_steps(connection: Connection) -> list[str]:
    """Names of the migrations that this database has, oldest first."""
    if "_sqlite_migrations" not in _tables(connection):
        return []
    rows = connection.rows("SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id", [MIGRATION_SET])
    return [str(row["name"]) for row in rows]


def _tables(connection: Connection) -> set[str]:
    return {row["name"] for row in connection.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _apply(connection: Connection, steps: Sequence[tuple[str, str]]) -> None:
    # Imported only here, because it takes 0.2 s and a database is usually up to date.
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    migrations = Migrations(MIGRATION_SET)
    for name, sql in steps:
        migrations(name=name)(partial(_run_step, sql))
    connection.raw.create_function("path_in_workspace", 1, path_in_workspace, deterministic=True)
    connection.raw.create_function("values_in_workspace", 1, _json_in_workspace, deterministic=True)
    database = Database(connection.raw, execute_plugins=False)
    # One transaction around all: if two processes open a new file, the second waits and then has nothing to do.
    with connection.explained(), connection.transaction():
        migrations.apply(database)


def _json_in_workspace(text: str) -> str:
    try:
        return to_json(values_in_workspace(from_json(text)))
    except UNDECODABLE:  # a broken row is a matter of who reads it
        return text


def _run_step(sql: str, database: Any) -> None:
    # Not `executescript`, which would commit the transaction around it.
    for statement in sql.split(";\n"):
        if statement.strip():
            database.conn.execute(statement)
