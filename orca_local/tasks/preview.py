"""The first rows of a task file: as the file has them, and as the samples that they would become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from orca_local.domain.errors import InputError, OrcaError, shown_path
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Sample
from orca_local.tasks.columns.mapping import Mapping
from orca_local.tasks.import_request import DEFAULT_REQUEST, ImportRequest
from orca_local.tasks.locations import expand
from orca_local.tasks.read import ReadSample, plan_file, read_record
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
    error: OrcaError | None = None
    """Why the rows become no samples, if it is not the fault of single rows."""


def preview_tasks(location: str, request: ImportRequest = DEFAULT_REQUEST, *, resplit: bool = False) -> Preview:
    """Return the first `PREVIEW_ROWS` rows of a task file. Nothing is raised: `error` has what is wrong.

    Of a ready source, it is its first file.
    """
    try:
        location, request = next(expand(location, request))
        first, mapping, _ = plan_file(location, request)
    except OrcaError as failure:  # the hub does not have it, or is not there
        return Preview(location, (), (), None, failure)
    names = tuple(dict.fromkeys(name for item in first if isinstance(item, Record) for name in item.values))
    shown = first[:PREVIEW_ROWS]
    unreadable = next((str(item) for item in shown if isinstance(item, Problem) and not item.line), None)
    if unreadable or not first:
        error = InputError(unreadable or f"{shown_path(location)} holds no samples: it is empty", hint=_HINT)
        return Preview(location, names, (), None, error)
    if isinstance(mapping, InputError):
        return Preview(location, names, tuple(map(_unread, shown)), None, mapping)
    try:
        return Preview(location, names, _previewed(first, mapping, resplit=resplit), mapping)
    except InputError as error:  # a template that takes too much
        return Preview(location, names, (), None, error)


def _previewed(first: Sequence[Record | Problem], mapping: Mapping, *, resplit: bool) -> tuple[PreviewedRow, ...]:
    """Return the first rows with what they become. The kind of a task may need more rows than those."""
    rows = {(item.file, item.line): _unread(item) for item in first[:PREVIEW_ROWS]}
    for item in mapping.map_rows(first):
        place = (item.file, item.line)
        if place in rows:
            rows[place] = _with_results(rows[place], read_record(item, resplit=resplit))
    return tuple(rows.values())


def _unread(item: Record | Problem) -> PreviewedRow:
    return PreviewedRow(item.line, item.values if isinstance(item, Record) else {})


def _with_results(row: PreviewedRow, results: Iterable[ReadSample | Problem]) -> PreviewedRow:
    for result in results:
        if isinstance(result, Problem):
            row = replace(row, problems=(*row.problems, result.message))
        else:
            row = replace(row, sample=result.sample)
    return row
