"""The database of a workspace, with one repository class for each group of tables."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.store.batches import Batches
from orca_local.store.bundle import copy_bundle, write_bundle
from orca_local.store.charges import Charges
from orca_local.store.connection import BUSY_SECONDS, Connection
from orca_local.store.demonstrations import Demonstrations
from orca_local.store.generations import Generations
from orca_local.store.likelihoods import Likelihoods
from orca_local.store.measurements import Measurements
from orca_local.store.migrate import migrate
from orca_local.store.models import Models
from orca_local.store.results import Evaluations, Exports
from orca_local.store.runs import Runs
from orca_local.store.samples import Samples
from orca_local.store.selections import Selections
from orca_local.store.strategies import Strategies
from orca_local.store.teacher_calls import TeacherCalls
from orca_local.store.trainings import Adapters, Trainings


class Store:
    """One connection to the database. Several stores, in several processes, can share a file.

    A single write is a transaction of its own; use `transaction` for many. Every write survives the death of the
    process. Teacher calls, reviews and writes in a `transaction` also survive a power failure. Use a store only in
    the thread that opened it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_copy = False
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

    @classmethod
    def open(cls, path: Path, *, create: bool = False, busy_seconds: float = BUSY_SECONDS) -> Store:
        """Open the database at `path` and upgrade it to the schema of this version.

        Raises `InputError` if it is missing (unless `create`), damaged, not of this program or of a newer version,
        and `BusyError` if another process locks it for longer than `busy_seconds`.
        """
        if path.is_dir():
            raise InputError(f"{path} is a directory, not a database", hint="move it away")
        if not create and not path.exists():
            raise InputError(f"there is no database {path}", hint="create a workspace with `orca-local init DIR`")
        is_writable = all(os.access(place, os.W_OK) for place in (path.parent, path) if place.exists())
        if not is_writable and path.exists():
            return cls.open_copy(path)
        connection = Connection(path, busy_seconds=busy_seconds)
        try:
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    @classmethod
    def open_copy(cls, path: Path) -> Store:
        """Open a private copy of the database, for a workspace that cannot be written. It goes when it is closed.

        The copy is upgraded to the schema of this version. Writing to it fails, except in `writing_to_copy`.
        """
        connection = Connection.copy_of(path)
        try:
            migrate(connection)
            connection.execute("PRAGMA query_only=ON")
        except BaseException:
            connection.close()
            raise
        store = cls(connection)
        store._is_copy = True
        return store

    @contextmanager
    def writing_to_copy(self) -> Iterator[None]:
        """Allow writes to the private copy of a read-only database; any other store can be written anyway."""
        if not self._is_copy:
            yield
            return
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

    def write_bundle(self, target: Path, extra: Mapping[str, Any]) -> dict[str, int]:
        """Write the bundle `target`, a new file, and return the number of rows by table."""
        return write_bundle(self._connection, target, extra)

    def copy_bundle(self, path: Path) -> dict[str, int]:
        """Copy a bundle that `read_manifest` has checked into this empty store; returns the number of rows by table."""
        return copy_bundle(path, self._connection)

    def copy_to(self, path: Path) -> None:
        """Copy the database to the new file `path`, which appears whole."""
        part = path.with_name(path.name + ".part")
        part.unlink(missing_ok=True)
        self._connection.execute("VACUUM INTO ?", [str(part)])
        part.replace(path)

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

    def __exit__(self, *error: object) -> None:
        self.close()
