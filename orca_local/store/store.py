"""The workspace's database: one file, and one small repository for each part of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
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
    """Opens and holds one connection; several stores, in several processes, may share a file.

    A single write is its own transaction; put many into `transaction`. What was written survives the death
    of the process; what was written in a `transaction`, teacher calls and reviews also that of the machine.
    Use a store in the thread that opened it.
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

    @classmethod
    def open(cls, path: Path, *, create: bool = False, busy_seconds: float = BUSY_SECONDS) -> Store:
        """Open the database at `path` and bring it to this version's schema.

        Raises `InputError` where it is missing (unless `create`), damaged, another program's, or of a newer
        version, and `BusyError` where another process holds it for longer than `busy_seconds`.
        """
        if path.is_dir():
            raise InputError(f"{path} is a directory, not a database", hint="move it away")
        if not create and not path.exists():
            raise InputError(f"there is no database {path}", hint="make a workspace with `orca-local init DIR`")
        connection = Connection(path, busy_seconds=busy_seconds)
        try:
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    @property
    def path(self) -> Path:
        """The database file."""
        return self._connection.path

    def transaction(self, *, durable: bool = True) -> AbstractContextManager[None]:
        """All writes of the block or none of them; blocks inside join it. Never yield an event within one.

        `durable` waits for the disk, some milliseconds; without it, what the machine's death takes can be
        made again for nothing.
        """
        return self._connection.transaction(durable=durable)

    def abandon(self) -> None:
        """Take back what an interrupt left half written, so that something else can be."""
        self._connection.abandon()

    def write_bundle(self, target: Path, extra: Mapping[str, Any]) -> dict[str, int]:
        """Write what another person needs into a new file `target`; returns rows by table."""
        return write_bundle(self._connection, target, extra)

    def copy_bundle(self, path: Path) -> dict[str, int]:
        """Take in a bundle that `read_manifest` has checked; this store must be empty. Returns rows by table."""
        return copy_bundle(path, self._connection)

    def changes(self) -> int:
        """A number that is another one after another process or connection has written."""
        row = self._connection.row("PRAGMA data_version")
        assert row is not None
        return int(row[0])

    def set_busy_seconds(self, seconds: float) -> None:
        """How long a write waits from now on for another process that is writing."""
        self._connection.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
