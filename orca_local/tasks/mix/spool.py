"""Rows on their way into a mix: they wait in a temporary file, so that one task after another can be read."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from typing import IO, Self, overload

from orca_local.domain.errors import MissingError, is_disk_full
from orca_local.tasks.sources.base import Record

_ENCODER = json.JSONEncoder(default=str, separators=(",", ":"))


class Spool:
    """Up to a number of rows of each task, in the order in which they came."""

    def __init__(self, most: int) -> None:
        """Keep at most `most` rows of each task."""
        self._most = most
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # `close` closes it
        self._end = 0
        self._places: dict[str, list[int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def add(self, task: str, record: Record) -> int:
        """Keep a row, unless its task has enough. Returns how many rows the task has now; 0 if the row was not kept.

        Raises `MissingError` if the disk is full.
        """
        places = self._places.setdefault(task, [])
        if len(places) >= self._most:
            return 0
        line = _ENCODER.encode([record.file, record.line, record.values]).encode() + b"\n"
        try:
            if self._file.tell() != self._end:  # rows were read since
                self._file.seek(self._end)
            self._file.write(line)
        except OSError as error:
            if not is_disk_full(error):
                raise
            hint = "free some space, or set TMPDIR to a directory on another disk"
            raise MissingError(f"the disk is full: {tempfile.gettempdir()}", hint=hint) from error
        places.append(self._end)
        self._end += len(line)
        return len(places)

    def __len__(self) -> int:
        """The number of tasks."""
        return len(self._places)

    def counts(self) -> dict[str, int]:
        """The number of rows of each task."""
        return {task: len(places) for task, places in self._places.items()}

    def rows(self, task: str) -> Sequence[Record]:
        """Return the rows of a task, each of which is read when it is asked for, until `close`."""
        return _Rows(self._file, self._places.get(task, []))

    def close(self) -> None:
        """Delete the file."""
        self._file.close()


class _Rows(Sequence[Record]):
    """Rows at places of a file."""

    def __init__(self, file: IO[bytes], places: Sequence[int]) -> None:
        self._file, self._places = file, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        self._file.seek(self._places[index])
        file, line, values = json.loads(self._file.readline())
        return Record(file, line, values)
