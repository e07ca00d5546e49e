"""An SQLite connection that explains its errors to the user."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from orca_local.domain.errors import InputError, OrcaError
from orca_local.store.encoding import UNDECODABLE, from_row
from orca_local.store.explain import damaged, explain, row_name
from orca_local.store.image import log_path, open_image, read_image
from orca_local.store.places import Places
from orca_local.system.files import make_private

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
V = TypeVar("V")

BUSY_SECONDS = 30.0
"""How long a write waits for another process that is writing, by default."""


class Connection:
    """Runs statements on one database file.

    A commit survives the death of the process; a durable one also survives a power failure. Use a connection only
    in the thread that created it.
    """

    def __init__(
        self, path: Path, raw: sqlite3.Connection | None = None, *, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        """Open `path`; or take `raw`, an open connection to it or to a copy of it."""
        self.path = path
        self.places = Places(path.absolute().parent)
        self._outermost: object | None = None
        """Identifies the open transaction; None if there is none."""
        self.is_copy = False
        """Whether the database is a copy in memory."""
        self.unwritable: OrcaError | None = None
        """Why the file cannot be written; None if it can be, as far as is known."""
        if raw is None and str(path) != _IN_MEMORY:
            _create_private(path)
        with self.explained():
            self.raw = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None) if raw is None else raw
            self.raw.row_factory = sqlite3.Row
            try:
                self.raw.execute("PRAGMA synchronous=NORMAL")
                self.raw.execute("PRAGMA foreign_keys=ON")
            except BaseException:
                self.raw.close()
                raise

    @classmethod
    def read_only(cls, path: Path) -> Connection:
        """Open a database without writing to its directory; a copy in memory where SQLite needs to write there."""
        has_log = log_path(path).exists()
        # Without a log it is opened as a file that does not change: reading one in WAL mode otherwise makes files.
        address = f"{path.absolute().as_uri()}?mode=ro{'' if has_log else '&immutable=1'}"
        try:
            raw = sqlite3.connect(address, isolation_level=None, uri=True)
        except sqlite3.OperationalError:
            return cls.copy_of(path)
        try:
            raw.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError:
            raw.close()
            return cls.copy_of(path)
        except sqlite3.DatabaseError as error:
            raw.close()
            raise explain(error, path) or error from error
        except UnicodeDecodeError as error:
            raw.close()
            raise damaged(path, "its schema is not UTF-8") from error
        return cls(path, raw)

    @classmethod
    def copy_of(cls, path: Path) -> Connection:
        """A connection to a copy of a database in memory."""
        connection = cls(path, open_image(read_image(path, log_path(path))))
        connection.is_copy = True
        return connection

    def become_copy(self) -> None:
        """Continue with a copy of the database in memory."""
        self.raw.close()
        with self.explained():
            self.raw = open_image(read_image(self.path, log_path(self.path)))
            self.is_copy = True
            self.raw.execute("PRAGMA foreign_keys=ON")

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        with self.explained():
            return self.raw.execute(sql, parameters)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each of the rows of parameters, in one transaction."""
        is_outermost = not self.raw.in_transaction
        with self.explained():
            try:
                if is_outermost:
                    self.raw.execute("BEGIN")
                self.raw.executemany(sql, rows)
                if is_outermost:
                    self.raw.execute("COMMIT")
            except BaseException:
                if is_outermost and self.raw.in_transaction:
                    self.raw.execute("ROLLBACK")
                raise

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
        with self.explained():
            return self.raw.execute(sql, parameters).fetchall()

    def iterate(self, sql: str) -> Iterator[sqlite3.Row]:
        """The rows of a query, one at a time: for tables that need not fit into memory."""
        with self.explained():
            yield from self.raw.execute(sql)

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Row | None:
        """The first row of a query; None if there is none."""
        with self.explained():
            row: sqlite3.Row | None = self.raw.execute(sql, parameters).fetchone()
            return row

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Row:
        """The row of a query that always has one, such as a count."""
        row = self.row(sql, parameters)
        assert row is not None
        return row

    def records(self, record: type[T], sql: str, parameters: Sequence[Any] = ()) -> list[T]:
        """All rows of a query as instances of a dataclass, see `from_row`."""
        return self.read(partial(from_row, record), sql, parameters)

    def record(self, record: type[T], sql: str, parameters: Sequence[Any] = ()) -> T | None:
        """The first row of a query as an instance of a dataclass; None if there is none."""
        row = self.row(sql, parameters)
        return None if row is None else self.decode(partial(from_row, record), row, sql)

    def read(self, decode: Callable[[sqlite3.Row], V], sql: str, parameters: Sequence[Any] = ()) -> list[V]:
        """All rows of a query, each as `decode` returns it. Raises `StoreError` that names the row it fails for."""
        return [self.decode(decode, row, sql) for row in self.rows(sql, parameters)]

    def decode(self, decode: Callable[[sqlite3.Row], V], row: sqlite3.Row, sql: str) -> V:
        """The row of the query `sql` as `decode` returns it. Raises `StoreError` that names the row if it fails."""
        try:
            return decode(row)
        except UNDECODABLE as error:
            raise damaged(self.path, f"{row_name(sql, row)} cannot be read: {error}") from error

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

    @contextmanager
    def cache(self, kib: int) -> Iterator[None]:
        """Keep more pages of the database in memory during the block."""
        before = self.one("PRAGMA main.cache_size")[0]
        self.execute(f"PRAGMA main.cache_size={-kib}")
        try:
            yield
        finally:
            self.execute(f"PRAGMA main.cache_size={before}")
            self.execute("PRAGMA shrink_memory")

    def abandon(self) -> None:
        """Roll back a transaction that an interrupt left open."""
        if self._outermost is not None:
            self._end(self._outermost)
            self._outermost = None

    def _end(self, token: object) -> None:
        """Roll back the transaction, unless it was abandoned and another one may be open."""
        if self._outermost is token and self.raw.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._outermost = None
        self.raw.close()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Replace an error of SQLite in the block by the error for the user, see `explain`; bugs stay."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            explained = explain(error, self.path)
            if self.unwritable is not None and getattr(error, "sqlite_errorname", "") == "SQLITE_READONLY":
                explained = self.unwritable
            if explained is None:
                raise
            raise explained from error
        except UnicodeDecodeError as error:
            # SQLite names what is damaged, and the name itself may be: then its message is not UTF-8.
            raise damaged(self.path, "its schema or a text in it is not UTF-8") from error
        except UnicodeEncodeError as error:
            shown = error.object[:100].encode("ascii", "backslashreplace").decode()
            message = f"this text is not valid Unicode, so that the database cannot hold it: {shown}"
            raise InputError(message, hint="give another text, or rename the file") from error
        except OverflowError as error:
            raise InputError("a number is larger than the database can hold", hint="give a smaller one") from error


class Table:
    """Base of the classes that read and write one or a few tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


_IN_MEMORY = ":memory:"


def _create_private(path: Path) -> None:
    """Create a database that does not exist yet, so that its owner alone can read it and the log beside it.

    A file that exists is not opened: closing it would release the locks of this process's other connections.
    """
    if not path.exists():
        with suppress(OSError):  # another process created it first; anything else SQLite reports
            make_private(path)


@cache
def _insert_sql(verb: str, table: str, columns: tuple[str, ...], rest: str) -> str:
    return f"{verb} INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) {rest}"
