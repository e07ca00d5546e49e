"""An SQLite connection that explains its errors to the user."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from orca_local.domain.errors import BusyError, InputError, MissingError, OrcaError
from orca_local.store.encoding import from_row

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

BUSY_SECONDS = 30.0
"""How long a write waits for another process that is writing, by default."""


class Connection:
    """Runs statements on one database file.

    A commit survives the death of the process; a durable one also survives a power failure. Use a connection only
    in the thread that created it.
    """

    def __init__(
        self,
        path: Path,
        *,
        busy_seconds: float = BUSY_SECONDS,
        read_only: bool = False,
        address: str | None = None,
    ) -> None:
        """Open `path`; with `address`, another database of SQLite in its place, such as "" for a temporary one."""
        self.path = path
        self._outermost: object | None = None
        """Identifies the open transaction; None if there is none."""
        with self._explained():
            file = f"{path.absolute().as_uri()}?mode=ro" if read_only else address if address is not None else path
            self.raw = sqlite3.connect(file, timeout=busy_seconds, isolation_level=None, uri=read_only)
            self.raw.row_factory = sqlite3.Row
            if read_only:
                return
            try:
                # This is the first statement that reads the file, so it fails if the file is damaged.
                self.raw.execute("PRAGMA journal_mode=WAL")
                self.raw.execute("PRAGMA synchronous=NORMAL")
                self.raw.execute("PRAGMA foreign_keys=ON")
            except BaseException:
                self.raw.close()
                raise

    @classmethod
    def copy_of(cls, path: Path) -> Connection:
        """A connection to a temporary copy of a database that cannot be written. SQLite deletes the copy on closing."""
        copy = cls(path, address="")
        try:
            with copy._explained(), closing(cls._open_read_only(path)) as source:
                source.backup(copy.raw)
        except BaseException:
            copy.close()
            raise
        return copy

    @staticmethod
    def _open_read_only(path: Path) -> sqlite3.Connection:
        """Open a database without writing to its directory.

        Without a log beside it, it is opened as a file that does not change: reading a database in WAL mode otherwise
        creates files.
        """
        has_log = path.with_name(path.name + "-wal").exists()
        address = f"{path.absolute().as_uri()}?mode=ro{'' if has_log else '&immutable=1'}"
        return sqlite3.connect(address, isolation_level=None, uri=True)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        with self._explained():
            return self.raw.execute(sql, parameters)

    def insert(self, table: str, values: Mapping[str, Any], rest: str = "", *, verb: str = "INSERT") -> sqlite3.Cursor:
        """Insert one row, given by column. `rest` ends the statement, such as `ON CONFLICT DO NOTHING`."""
        return self.execute(_insert_sql(verb, table, tuple(values), rest), [*values.values()])

    def insert_for_id(self, table: str, values: Mapping[str, Any], rest: str = "") -> int:
        """Insert one row and return its id."""
        row: sqlite3.Row = self.insert(table, values, f"{rest} RETURNING id").fetchone()
        return int(row["id"])

    def execute_durably(self, sql: str, parameters: Sequence[Any]) -> int:
        """Run one statement, wait for the disk, and return the number of changed rows."""
        with self.transaction(durable=True):
            return self.execute(sql, parameters).rowcount

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._explained():
            return self.raw.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Row | None:
        """The first row of a query; None if there is none."""
        with self._explained():
            row: sqlite3.Row | None = self.raw.execute(sql, parameters).fetchone()
            return row

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Row:
        """The row of a query that always has one, such as a count."""
        row = self.row(sql, parameters)
        assert row is not None
        return row

    def records(self, record: type[T], sql: str, parameters: Sequence[Any] = ()) -> list[T]:
        """All rows of a query as instances of a dataclass, see `from_row`."""
        return [from_row(record, row) for row in self.rows(sql, parameters)]

    def record(self, record: type[T], sql: str, parameters: Sequence[Any] = ()) -> T | None:
        """The first row of a query as an instance of a dataclass; None if there is none."""
        row = self.row(sql, parameters)
        return None if row is None else from_row(record, row)

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """Make all writes of the block or none of them. Nested blocks join the outer one.

        `durable` waits for the disk (a few milliseconds): for what costs money or a person's work.
        """
        if self._outermost is not None:
            yield
            return
        token = self._outermost = object()
        try:
            if durable:
                self.execute("PRAGMA synchronous=FULL")
            # IMMEDIATE, because a lock that is taken later fails without waiting if another process wrote in between.
            self.execute("BEGIN IMMEDIATE")
            yield
            self.execute("COMMIT")
        except BaseException:
            self._end(token)
            raise
        finally:
            if self._outermost is token:
                self._outermost = None
                if durable:
                    self.execute("PRAGMA synchronous=NORMAL")

    def abandon(self) -> None:
        """Roll back a transaction that an interrupt left open."""
        if self._outermost is not None:
            self._end(self._outermost)
            self._outermost = None

    def _end(self, token: object) -> None:
        """Roll back the transaction, unless it was abandoned and another one may be open."""
        if self._outermost is token and self.raw.in_transaction:
            self.raw.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._outermost = None
        self.raw.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            explained = explain(error, self.path)
            if explained is None:
                raise
            raise explained from error
        except OverflowError as error:
            raise InputError("a number is larger than the database can hold", hint="give a smaller one") from error


class Table:
    """Base of the classes that read and write one or a few tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


@cache
def _insert_sql(verb: str, table: str, columns: tuple[str, ...], rest: str) -> str:
    return f"{verb} INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) {rest}"


MIN_FREE_BYTES = 1 << 16
"""SQLite needs at least this for its shared memory; if it is missing, SQLite only says that an operation failed."""


def explain(error: sqlite3.DatabaseError, path: Path) -> OrcaError | None:
    """The error for the user that an SQLite error means; None if it is a bug."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return BusyError(f"{path} is locked by another process", hint="wait until it is done, then run this again")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return InputError(
            f"{path} is damaged or not a database: {error}",
            hint=f"restore it from a copy, or save what is left with `sqlite3 {path} .recover`, then move it away",
        )
    if name.startswith("SQLITE_FULL") or (name.startswith("SQLITE_IOERR") and _is_full(path)):
        return MissingError(f"no space is left on the disk of {path}", hint="free some space, then run this again")
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_CANTOPEN", "SQLITE_AUTH")):
        return InputError(f"{path} cannot be opened or written: {error}", hint="check the path and its permissions")
    if name.startswith("SQLITE_IOERR"):
        return OrcaError(f"reading or writing {path} failed: {error}", hint="check the disk, then run this again")
    return None


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < MIN_FREE_BYTES
    except OSError:
        return False
