"""The interface of task sources. A source reads a file of one format and yields its records with their positions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.tasks.import_request import ReadOptions


class Record(Frozen):
    """One record of a source, not checked yet."""

    file: str
    line: int
    """Line or row in the file, from 1."""
    values: dict[str, Any]
    """Columns of the row. None stands for an empty cell."""


class Problem(Frozen):
    """A problem of one record, or of a whole file."""

    file: str
    line: int
    """Line or row in the file, from 1; 0 for the file as a whole."""
    message: str
    ends_file: bool = False
    """Whether the rows behind it were not read, so that none of the file may be added."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


class Source(Frozen):
    """One format that tasks are read from."""

    name: str
    suffixes: tuple[str, ...]
    """Endings of the file names that this source reads, in lower case."""
    read: Callable[[str, ReadOptions], Iterator[Record | Problem]]
    """Reads the file at a path, one record after the other, so that a file of any size takes bounded memory.

    A record that cannot be read is yielded as a problem; nothing is raised."""
    has_lists: bool = True
    """Whether a cell can be a list; if not, a list is written as a text."""
