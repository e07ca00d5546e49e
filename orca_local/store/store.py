"""The database of a workspace, with one repository class for each group of tables."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from orca_local.domain.errors import BusyError, InputError, OrcaError, StoreError
from orca_local.store.batches import Batches
from orca_local.store.bundle import copy_bundle, write_bundle
from orca_local.store.charges import Charges
from orca_local.store.connection import BUSY_SECONDS, Connection
from orca_local.store.demonstrations import Demonstrations
from orca_local.store.encoding import UNDECODABLE
from orca_local.store.explain import damaged
from orca_local.store.generations import Generations
from orca_local.store.image import log_path, open_image, read_image
from orca_local.store.incoming import IncomingSamples
from orca_local.store.likelihoods import Likelihoods
from orca_local.store.measurements import Measurements
from orca_local.store.migrate import applied_steps, is_current, migrate
from orca_local.store.models import Models
from orca_local.store.places import Places
from orca_local.store.results import Evaluations, Exports
from orca_local.store.runs import Runs
from orca_local.store.samples import Samples
from orca_local.store.selections import Selections, Strategies
from orca_local.store.suite_answers import SuiteAnswers
from orca_local.store.teacher_calls import TeacherCalls
from orca_local.store.trainings import Adapters, Trainings
from orca_local.system.files import whole_file


class Store:
    """One connection to the database. Several stores, in several processes, can share a file.

    A single write is a transaction of its own; use `transaction` for many. Every write survives the death of the
    process. Teacher calls, reviews and writes in a `transaction` also survive a power failure. Use a store only in
    the thread that opened it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.models = Models(connection)
        self.samples = Samples(connection)
        self.strategies = Strategies(connection)
        self.runs = Runs(connection)
        self.generations = Generations(connection)
        self.measurements = Measurements(connection)
        self.selections = Selections(connection)
        self.teacher_calls = TeacherCalls(connection)
        self.charges = Charges(connection)
        self.batches = Batches(connection)
        self.likelihoods = Likelihoods(connection)
        self.demonstrations = Demonstrations(connection)
        self.trainings = Trainings(connection)
        self.adapters = Adapters(connection)
        self.exports = Exports(connection)
        self.evaluations = Evaluations(connection)
        self.suite_answers = SuiteAnswers(connection)

    @classmethod
    def open(
        cls, path: Path, *, create: bool = False, busy_seconds: float = BUSY_SECONDS, directory: Path | None = None
    ) -> Store:
        """Open the database at `path` and upgrade it to the schema of this version.

        Stored paths are relative to `directory`, the workspace; by default that of the database.
        Raises `InputError` if it is missing (unless `create`), damaged, not of this program or of a newer version,
        and `BusyError` if another process locks it for longer than `busy_seconds`.
        """
        if path.exists() and not path.is_file():
            what = "a directory" if path.is_dir() else "a device, pipe or socket"
            raise InputError(f"{path} is {what}, not a database", hint="move it away")
        if not create and not path.exists():
            raise InputError(f"there is no database {path}", hint="create a workspace with `orca-local init DIR`")
        if path.exists() and (reason := _unwritable(path)):
            return cls.open_read_only(path, reason)
        _refuse_foreign_log(path)
        try:
            connection = Connection(path, busy_seconds=busy_seconds)
            try:
                migrate(connection)
            except BaseException:
                connection.close()
                raise
        except Exception as error:
            if isinstance(error, OrcaError) and not isinstance(error, (InputError, BusyError)) and path.exists():
                # The disk is full or fails. Nothing may have to be written: what is on it can be read.
                return cls.open_read_only(path, error)
            raise explain_failure(error, path) or error from error
        if directory is not None:
            connection.places = Places(directory.absolute())
        return cls(connection)

    @classmethod
    def open_read_only(cls, path: Path, reason: OrcaError) -> Store:
        """Open a database that cannot be written. Writing to it raises `reason`, except in `writing_to_copy`.

        If it has the schema of an earlier version, a copy in memory is upgraded.
        """
        store = cls(Connection.read_only(path))
        connection = store._connection
        try:
            if not is_current(connection):
                connection.become_copy()
                migrate(connection)
            connection.execute("PRAGMA query_only=ON")
        except BaseException as error:
            store.__exit__(None, error, None)
            raise
        connection.unwritable = reason
        return store

    @contextmanager
    def writing_to_copy(self) -> Iterator[None]:
        """Allow writes to a copy in memory of a read-only database; any other store can be written anyway."""
        if self._connection.unwritable is None:
            yield
            return
        if not self._connection.is_copy:
            self._connection.become_copy()
        self._connection.execute("PRAGMA query_only=OFF")
        try:
            yield
        finally:
            self._connection.execute("PRAGMA query_only=ON")

    @property
    def path(self) -> Path:
        """The database file."""
        return self._connection.path

    def transaction(self, *, durable: bool = True) -> AbstractContextManager[None]:
        """Make all writes of the block or none of them. Nested blocks join the outer one.

        `durable` waits for the disk (a few milliseconds). Leave it out for what can be computed again at no cost.
        Never yield an event inside the block.
        """
        return self._connection.transaction(durable=durable)

    def abandon(self) -> None:
        """Roll back a transaction that an interrupt left open."""
        self._connection.abandon()

    def write_bundle(self, target: Path, extra: Mapping[str, Any], *, clean: Callable[[str], str]) -> dict[str, int]:
        """Write the bundle to the empty file `target`, with `clean` applied to every text that somebody else wrote.

        Returns the number of rows by table.
        """
        return write_bundle(self._connection, target, extra, clean=clean)

    def copy_bundle(self, path: Path) -> dict[str, int]:
        """Copy a bundle that `read_manifest` has checked into this empty store; returns the number of rows by table."""
        return copy_bundle(path, self._connection)

    def copy_to(self, path: Path) -> None:
        """Copy the database to the new file `path`, which appears whole."""
        with whole_file(path) as part:
            self._connection.execute("VACUUM INTO ?", [str(part)])

    @contextmanager
    def incoming(self) -> Iterator[IncomingSamples]:
        """An empty place outside of the database for samples that are to be added."""
        incoming = IncomingSamples(self._connection)
        try:
            yield incoming
        finally:
            incoming.clear()

    def changes(self) -> int:
        """A number that changes whenever another process or connection has written."""
        return int(self._connection.one("PRAGMA data_version")[0])

    def set_busy_seconds(self, seconds: float) -> None:
        """Set how long a write waits for another process that is writing."""
        self._connection.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        try:
            explained = None if error is None else self.explain(error)
            if explained is not None:
                raise explained from error
        finally:
            self.close()

    def explain(self, error: BaseException) -> StoreError | None:
        """The error that says how the database is damaged, if `error` may come from that; else None.

        An error that is explained already, or that cannot come from the database, is left as it is.
        """
        return explain_failure(error, self.path)


def explain_failure(error: BaseException, path: Path) -> StoreError | None:
    """The error that says how the database at `path` is damaged, if `error` may come from that; else None.

    An error that nobody explained looks like a bug, and is one only if this program can read the whole database.
    """
    if not isinstance(error, (sqlite3.Error, MemoryError, AssertionError, *UNDECODABLE)) or not path.is_file():
        return None
    from orca_local.store.check import find_damage  # only after a failure: it imports the summaries

    damage = find_damage(path)
    return damaged(path, damage) if damage else None


def _refuse_foreign_log(path: Path) -> None:
    """Raise `StoreError` if the log beside a database is of another one: opening it would write that into the database.

    Only a log that no process has open is looked at: it was left by one that was killed, or copied to here.
    """
    log = log_path(path)
    if not log.exists() or log.stat().st_size == 0 or path.with_name(path.name + "-shm").exists():
        return
    with closing(Connection(path, open_image(read_image(path)))) as alone:
        ours = applied_steps(alone)
    with closing(Connection.copy_of(path)) as logged:
        if ours and not applied_steps(logged):
            raise damaged(path, f"the log beside it, {log.name}, is of another database")


def _unwritable(path: Path) -> OrcaError | None:
    """Why a database cannot be written; None if it can be."""
    for place in (path.parent, path):
        if not os.access(place, os.W_OK):
            return InputError(
                f"{place} cannot be written", hint="check its permissions, or work in a copy of the workspace"
            )
    return None
