"""The tasks of a ready source, as a mix takes them: by their files, by a column, or the source as one task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from orca_local.domain.errors import InputError, OrcaError
from orca_local.hub.address import DatasetAddress
from orca_local.hub.dataset import Snapshot
from orca_local.tasks.columns.layout import find_layout
from orca_local.tasks.import_request import ImportRequest
from orca_local.tasks.locations import open_ready, part_addresses
from orca_local.tasks.mix.shares import in_random_order
from orca_local.tasks.mix.spool import Spool
from orca_local.tasks.ready import ReadySource
from orca_local.tasks.sources.base import Record
from orca_local.tasks.sources.hub import read_dataset

MARGIN = 3
"""Rows of a task from which one of them is chosen."""
MAX_MARGIN_ROWS = 2_000
"""A task is chosen from at most so many rows more than are taken."""
MAX_ROWS_IN_MEMORY = 5_000
"""The rows of a larger task wait in a temporary file."""
MAX_TASKS = 20_000
"""A column with more values names no tasks."""
MAX_SCANNED_ROWS = 2_000_000
"""Rows of a source with a column of tasks that are read to find its tasks."""


def candidates(count: int) -> int:
    """The number of rows from which `count` are chosen."""
    return min(MARGIN * count, count + MAX_MARGIN_ROWS)


class Collection:
    """The tasks of one ready source at one commit."""

    def __init__(self, source: ReadySource, request: ImportRequest, seed: int) -> None:
        """Open a ready source; `request` has the options of reading. Raises `OrcaError` if it cannot be reached."""
        self.source = source
        self.snapshot: Snapshot = open_ready(source)
        if request.options.on_note is not None:
            for note in self.snapshot.notes:
                request.options.on_note(note)
        self._request = replace(request, columns=dict(source.columns), kind=source.kind)
        self._seed = seed
        self.bad_rows = 0
        """Number of rows that could not be read."""

    def names(self, count: int) -> Sequence[str]:
        """Return the names of tasks in the order in which they are taken, at least `count` if there are so many."""
        raise NotImplementedError

    def fetch(self, name: str) -> None:
        """Fetch the beginning of a task, so that it is here when it is read."""

    def rows(self, name: str, most: int) -> Sequence[Record]:
        """Return up to `most` rows of a task, until the rows of another one are asked for.

        Raises `InputError` if its file cannot be read at all.
        """
        raise NotImplementedError

    def request(self, name: str) -> ImportRequest:
        """Return what is asked of the rows of a task."""
        columns = {key: column for key, column in self._request.columns.items() if key != "task"}
        return replace(self._request, columns=columns, task=name)

    def close(self) -> None:
        """Delete what was kept for the time of the mix."""

    def _read(self, address: DatasetAddress) -> Iterator[Record]:
        dataset = self.snapshot.select(address.config, address.split)
        for item in read_dataset(dataset, self._request.options):
            if isinstance(item, Record):
                yield item
            elif item.line == 0:
                raise InputError(str(item), hint=f"look at {self.snapshot.repository.page}")
            else:
                self.bad_rows += 1


class FileCollection(Collection):
    """A source whose tasks are its files or configs; or that is one task."""

    def __init__(self, source: ReadySource, request: ImportRequest, seed: int) -> None:
        """Open the source; see `Collection`."""
        super().__init__(source, request, seed)
        self._parts = dict(part_addresses(source, self.snapshot))
        self._names = in_random_order(seed, self._parts)
        self._spool: Spool | None = None

    def names(self, count: int) -> Sequence[str]:
        """Return all names."""
        return self._names

    def fetch(self, name: str) -> None:
        """Fetch the beginning of the first file. What fails here fails again when the task is read."""
        part = self._parts[name]
        with suppress(OrcaError):
            dataset = self.snapshot.select(part.config, part.split)
            with dataset.open(dataset.files[0]) as file:
                file.read(1)

    def rows(self, name: str, most: int) -> Sequence[Record]:
        """Return the first rows."""
        rows = islice(self._read(self._parts[name]), most)
        if most <= MAX_ROWS_IN_MEMORY:
            return list(rows)
        self.close()
        self._spool = Spool(most)
        for record in rows:
            self._spool.add(name, record)
        return self._spool.rows(name)

    def close(self) -> None:
        """Delete the rows of a large task."""
        if self._spool is not None:
            self._spool.close()


class ColumnCollection(Collection):
    """A source with a column that names the task of each row."""

    def __init__(self, source: ReadySource, request: ImportRequest, seed: int, per_task: int) -> None:
        """Open the source; see `Collection`."""
        super().__init__(source, request, seed)
        self._per_task = per_task
        self._spool = Spool(2 * per_task)
        ((_, address),) = part_addresses(source, self.snapshot)
        self._unread = self._read(address)
        self._scanned = 0
        self._column = ""
        self._full = 0

    def names(self, count: int) -> Sequence[str]:
        """Read on until `count` tasks have enough rows, and twice the rows that these have."""
        while self._full < count or self._scanned < 4 * self._per_task * count:
            record = next(self._unread, None)
            if record is None or self._scanned >= MAX_SCANNED_ROWS:
                break
            self._scanned += 1
            self._keep(record)
        counts = self._spool.counts()
        ordered = in_random_order(self._seed, counts)
        return sorted(ordered, key=lambda name: -min(counts[name], self._per_task))

    def rows(self, name: str, most: int) -> Sequence[Record]:
        """Return the rows that were kept."""
        return self._spool.rows(name)

    def close(self) -> None:
        """Delete the rows that were kept."""
        self._spool.close()

    def _keep(self, record: Record) -> None:
        if not self._column:
            self._column = self._find_column(record)
        value = record.values.get(self._column)
        if not isinstance(value, str) or not value.strip():
            return
        name = f"{self.source.name}/{value.strip()}"
        self._full += self._spool.add(name, record) == self._per_task
        if len(self._spool) > MAX_TASKS:
            raise InputError(
                f"column {self._column!r} of {self.source.repo} has more than {MAX_TASKS:,} values, and names no tasks",
                hint="write `task` into the columns of this source in models/sources.toml",
            )

    def _find_column(self, record: Record) -> str:
        layout = find_layout([record.values], self._request)
        if "task" not in layout.columns:
            raise InputError(
                f"no column of {self.source.repo} names the task of a row; its columns are {', '.join(layout.names)}",
                hint="write `task` into the columns of this source in models/sources.toml",
            )
        return layout.columns["task"].name


def open_collection(source: ReadySource, request: ImportRequest, seed: int, per_task: int) -> Collection:
    """Open a ready source for a mix. Raises `OrcaError` if it cannot be reached, or has no such tasks."""
    if source.tasks == "column":
        return ColumnCollection(source, request, seed, per_task)
    return FileCollection(source, request, seed)
