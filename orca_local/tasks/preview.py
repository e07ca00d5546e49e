"""The first rows of a task file: as the file has them, and as the samples that they would become."""

from __future__ import annotations

from orca_local.domain.errors import InputError, shown_path
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Sample
from orca_local.tasks.import_request import DEFAULT_REQUEST, ImportRequest
from orca_local.tasks.mapping import Mapping
from orca_local.tasks.read import plan_file, read_row
from orca_local.tasks.sources.base import Problem, Record
from orca_local.tasks.sources.table import SUFFIXES

PREVIEW_ROWS = 10
_HINT = f"give the path of a task file ({', '.join(SUFFIXES)})"


class PreviewedRow(Frozen):
    """One row of the file."""

    line: int
    cells: dict[str, object]
    """Empty for a row that could not be read."""
    sample: Sample | None = None
    """None if the row is bad."""
    problems: tuple[str, ...] = ()


class Preview(Frozen):
    """The first rows of a file, of which nothing is added."""

    location: str
    names: tuple[str, ...]
    """The columns."""
    rows: tuple[PreviewedRow, ...]
    mapping: Mapping | None
    error: InputError | None = None
    """Why the rows become no samples, if it is not the fault of single rows."""


def preview_tasks(location: str, request: ImportRequest = DEFAULT_REQUEST, *, resplit: bool = False) -> Preview:
    """Return the first `PREVIEW_ROWS` rows of a task file. Nothing is raised: `error` has what is wrong."""
    first, mapping, _ = plan_file(location, request)
    names = tuple(dict.fromkeys(name for item in first if isinstance(item, Record) for name in item.values))
    shown = first[:PREVIEW_ROWS]
    unreadable = next((str(item) for item in shown if isinstance(item, Problem) and not item.line), None)
    if unreadable or not first:
        error = InputError(unreadable or f"{shown_path(location)} holds no samples: it is empty", hint=_HINT)
        return Preview(location, names, (), None, error)
    if isinstance(mapping, InputError):
        return Preview(location, names, tuple(_row(item, None, resplit=resplit) for item in shown), None, mapping)
    try:
        rows = tuple(_row(item, mapping, resplit=resplit) for item in shown)
    except InputError as error:  # a template that takes too much
        return Preview(location, names, (), None, error)
    return Preview(location, names, rows, mapping)


def _row(item: Record | Problem, mapping: Mapping | None, *, resplit: bool) -> PreviewedRow:
    if isinstance(item, Problem):
        return PreviewedRow(item.line, {}, problems=(item.message,))
    if mapping is None:
        return PreviewedRow(item.line, item.values)
    row = read_row(item, mapping, resplit=resplit)
    if isinstance(row, Sample):
        return PreviewedRow(item.line, item.values, row)
    return PreviewedRow(item.line, item.values, problems=tuple(row))
