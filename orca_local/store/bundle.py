"""A bundle: the rows of a workspace that another user needs to repeat its results, without machine paths and keys."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError, StoreError
from orca_local.domain.keys import content_key
from orca_local.store.connection import Connection
from orca_local.store.encoding import UNDECODABLE, from_json, to_json
from orca_local.store.migrate import applied_steps, is_current, migrate
from orca_local.store.places import with_texts
from orca_local.store.references import UNKNOWN_REQUEST
from orca_local.store.schema import BASE_RUNS, STEPS

FORMAT, OLDEST_FORMAT = 2, 1
"""Bundles of format 1 have no digest over their settings and files."""
DIGEST = "digest"
"""The entry of the manifest with the hash of all other entries."""
TABLES: Mapping[str, str] = {
    "tasks": "name",
    "samples": "id",
    "strategies": "name, hash",
    "models": "id",
    "runs": "id",
    "events": "run_id, seq",
    "generations": "key",
    "system_messages": "id",
    "measurements": "id",
    "scores": "generation_key, sample_id, scorer_version",
    "selections": "id",
    "teacher_calls": "key",
    "charges": "id",
    "demonstrations": "id",
    "evaluations": "id",
    "suite_measurements": "id",
    "suite_scores": "generation_key, suite, question_id, rule, scorer_version",
}
"""The tables of a bundle with their sort columns. Every row refers only to tables before its own."""
_MANIFEST = "CREATE TABLE bundle (name TEXT PRIMARY KEY, value_json TEXT NOT NULL) STRICT"
_PATH = re.compile(r"(?:[A-Za-z]:)?[/\\~][^\n\"]*[/\\]|\\\\[^\n\"]*[/\\]")
"""The directory part of an absolute path."""
_JSON = {"runs": ("settings_json", "inputs_json"), "events": ("payload_json",)}


_TEXT_OF_US = ("key", "request_json", "content_hash", "hash")
"""Columns that other rows or hashes depend on. No server writes them."""


def write_bundle(
    source: Connection, target: Path, extra: Mapping[str, Any], *, clean: Callable[[str], str] = str
) -> dict[str, int]:
    """Write a bundle to the empty file `target`, with `extra` in its manifest; returns the number of rows by table.

    `clean` takes out of a text what must not be given to others, such as a key that a server repeated.
    """

    def change(table: str, row: dict[str, Any]) -> dict[str, Any]:
        scrubbed = _scrubbed(table, row)
        return {
            name: clean(value) if isinstance(value, str) and name not in _TEXT_OF_US else value
            for name, value in scrubbed.items()
        }

    with closing(Connection(target)) as bundle:
        migrate(bundle)
        counts = {}
        with bundle.transaction():
            bundle.execute("PRAGMA defer_foreign_keys=ON")
            for table in TABLES:
                counts[table] = _copy(source, bundle, table, change)
            bundle.execute(_MANIFEST)
            manifest = {"format": FORMAT, "digests": {t: _digest(bundle, t) for t in TABLES}, **extra}
            texts = {name: to_json(value) for name, value in manifest.items()}
            for name, text in {**texts, DIGEST: to_json(_manifest_digest(texts))}.items():
                bundle.execute("INSERT INTO bundle VALUES (?, ?)", [name, text])
        bundle.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        bundle.execute("PRAGMA journal_mode=DELETE")
        bundle.execute("VACUUM")
        return counts


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a bundle. Raises `InputError` if the file is not a bundle or was changed."""
    with _damage_explained(path), _open(path) as bundle:
        manifest = _manifest(bundle)
        for table in _tables(bundle):
            if manifest["digests"].get(table) != _digest(bundle, table):
                raise _changed(path, f"the rows of {table}")
        for row in bundle.iterate("SELECT key, request_json FROM teacher_calls"):
            request = from_json(row["request_json"])
            if content_key(request) != row["key"] and request != UNKNOWN_REQUEST:
                raise _changed(path, f"teacher call {row['key'][:16]}")
        for row in bundle.iterate("SELECT path FROM models"):
            if Path(row["path"]).name != row["path"] or "\\" in row["path"]:
                raise InputError(f"{path} names a file outside the workspace: {row['path']!r}", hint="do not use it")
        return manifest


def copy_bundle(path: Path, target: Connection) -> dict[str, int]:
    """Copy the rows of a checked bundle into an empty store; returns the number of rows by table."""
    with _damage_explained(path), _open(path) as bundle, target.transaction(durable=True):
        if not is_current(bundle):
            bundle.become_copy()
            migrate(bundle)
        target.execute("PRAGMA defer_foreign_keys=ON")
        counts = {table: _copy(bundle, target, table, lambda _table, row: row) for table in TABLES}
        # Versions up to 0.1.0 stored the runs that make the base as exports.
        target.execute(BASE_RUNS)
    return counts


@contextmanager
def _damage_explained(path: Path) -> Iterator[None]:
    """Replace what reading a damaged bundle raises by an error that says so."""
    try:
        yield
    except StoreError as error:
        raise InputError(error.message, hint="ask for the bundle again") from error
    except sqlite3.IntegrityError as error:
        raise _changed(path, f"its rows do not belong together ({error})") from error
    except (sqlite3.Error, *UNDECODABLE) as error:
        raise InputError(f"{path} is damaged: {error}", hint="ask for the bundle again") from error


@contextmanager
def _open(path: Path) -> Iterator[Connection]:
    """Open a bundle read-only, and check that it has exactly the schema of this version or of an earlier one."""
    if not path.is_file():
        raise InputError(f"there is no file {path}", hint="give a file that `orca-local bundle write` wrote")
    not_a_bundle = InputError(f"{path} is not a bundle", hint="give a file that `orca-local bundle write` wrote")
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            raise not_a_bundle
    with closing(Connection.read_only(path)) as bundle:
        bundle.execute("PRAGMA trusted_schema=OFF")
        schema = _schema(bundle)
        if "bundle" not in schema:
            raise not_a_bundle
        steps = len(applied_steps(bundle))
        if applied_steps(bundle) != [name for name, _ in STEPS][:steps]:
            raise InputError(
                f"{path} was written by a newer orca-local", hint="update with `pip install --upgrade orca-local`"
            )
        expected = _schema_after(steps)
        if schema != expected:
            names = sorted(name for name in schema.keys() | expected.keys() if schema.get(name) != expected.get(name))
            raise InputError(
                f"{path} was not written by orca-local: {', '.join(map(repr, names[:3]))} differs", hint="do not use it"
            )
        try:
            yield bundle
        except UNDECODABLE as error:
            raise _changed(path, f"it holds a value that cannot be read ({type(error).__name__})") from error


def _schema_after(steps: int) -> dict[str, str]:
    """The schema of a bundle that was written when there were so many migrations."""
    with closing(Connection(Path(":memory:"))) as fresh:
        migrate(fresh, STEPS[:steps])
        fresh.execute(_MANIFEST)
        return _schema(fresh)


def _schema(connection: Connection) -> dict[str, str]:
    query = "SELECT name, sql FROM sqlite_master WHERE name NOT GLOB 'sqlite_*' AND name != '_sqlite_migrations'"
    return {row["name"]: row["sql"] for row in connection.rows(query)}


def _tables(bundle: Connection) -> list[str]:
    """Those of `TABLES` that the bundle's version had."""
    schema = _schema(bundle)
    return [table for table in TABLES if table in schema]


def _manifest(bundle: Connection) -> dict[str, Any]:
    texts = {row["name"]: row["value_json"] for row in bundle.rows("SELECT name, value_json FROM bundle")}
    manifest = {name: from_json(text) for name, text in texts.items()}
    written = manifest.get("format")
    if type(written) is not int or not OLDEST_FORMAT <= written <= FORMAT:
        raise InputError(
            f"{bundle.path} has format {written!r}; this version reads formats up to {FORMAT}",
            hint="update with `pip install --upgrade orca-local`",
        )
    digest = manifest.pop(DIGEST, None)
    texts.pop(DIGEST, None)
    if written > OLDEST_FORMAT and digest != _manifest_digest(texts):
        raise _changed(bundle.path, "its settings or its files")
    return manifest


def _manifest_digest(texts: Mapping[str, str]) -> str:
    """Hash of the entries of a manifest, given by name as JSON."""
    return hashlib.sha256(to_json(dict(texts)).encode()).hexdigest()


def _copy(
    source: Connection, target: Connection, table: str, change: Callable[[str, dict[str, Any]], dict[str, Any]]
) -> int:
    count = 0
    for row in _rows(source, table):
        target.insert(table, change(table, dict(row)))
        count += 1
    return count


def _rows(connection: Connection, table: str) -> Iterator[Any]:
    # Only the events with the final summaries are copied: reports are made from them.
    where = " WHERE kind = 'StageFinished'" if table == "events" else ""
    columns = {row["name"] for row in connection.rows(f"PRAGMA table_info({table})")}
    # An earlier version may lack the last of them.
    order = ", ".join(name for name in TABLES[table].split(", ") if name in columns)
    return connection.iterate(f"SELECT * FROM {table}{where} ORDER BY {order}")


def _digest(connection: Connection, table: str) -> str:
    digest = hashlib.sha256()
    for row in _rows(connection, table):
        digest.update(to_json([*row]).encode())
    return digest.hexdigest()


def _scrubbed(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row without values that belong to this machine."""
    if table == "models":
        row["path"] = Path(row["path"]).name
    if table == "tasks":
        row["source"] = without_directories(row["source"])
    if table == "suite_measurements":
        row["model"] = without_directories(row["model"])
    if table == "runs":
        status = "interrupted" if row["status"] == "running" else row["status"]
        row |= {"status": status, "pid": 0, "process_started": "", "host": "", "error": ""}
    for column in _JSON.get(table, ()):
        row[column] = to_json(without_directories(from_json(row[column])))
    return row


def without_directories(value: Any) -> Any:
    """`value` with every absolute path in it shortened to its last part."""
    return with_texts(value, _without_directories)


def _without_directories(text: str) -> str:
    return _PATH.sub("", text) if _PATH.match(text) and "://" not in text else text


def _changed(path: Path, part: str) -> InputError:
    return InputError(f"{path} was changed after it was written: {part}", hint="do not use it; ask for it again")
