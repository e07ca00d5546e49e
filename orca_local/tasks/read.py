"""Read task files of any format: every sample with its position, and every problem."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from orca_local.domain.errors import InputError, shown_path
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Sample
from orca_local.tasks.columns.mapping import Mapping
from orca_local.tasks.import_request import DEFAULT_REQUEST, ImportRequest
from orca_local.tasks.locations import expand, source_of
from orca_local.tasks.mapping import PLANNED_ROWS, plan_mapping
from orca_local.tasks.record import parse_record
from orca_local.tasks.sources.base import Problem, Record

_PLANNED_CHARACTERS = 20_000_000
"""Fewer rows are planned from, where they are as long as this together."""
MapSeen = Callable[[str, Mapping], None]
"""Called with a file and the map by which its rows become samples, before the first of them."""


class ReadSample(Frozen):
    """One sample, and its position in the file."""

    file: str
    line: int
    sample: Sample


class TaskFile(Frozen):
    """The content of a task file."""

    entries: tuple[ReadSample, ...]
    problems: tuple[Problem, ...]

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The samples, in the order of the file."""
        return tuple(entry.sample for entry in self.entries)


def iter_samples(
    location: str | Path,
    request: ImportRequest = DEFAULT_REQUEST,
    *,
    resplit: bool = False,
    on_map: MapSeen | None = None,
) -> Iterator[ReadSample | Problem]:
    """Yield every sample and every problem of a task file, in bounded memory. A file that cannot be read is a problem.

    The location is a path, an address of the hub, or a ready source, whose files are read one after the other. With a
    limit, reading a file ends with its last sample; with a seed too, the whole file is read, and the chosen samples
    follow the problems. `resplit` divides samples by content, even if the file names a split. Raises `InputError` if
    the columns leave in doubt how the rows become samples, and `OrcaError` if the hub does not have a dataset.
    """
    for part, asked in expand(str(location), request):
        items = _iter_all(part, asked, resplit=resplit, on_map=on_map)
        if asked.limit is None:
            yield from items
        elif asked.seed is None:
            yield from _first(items, asked.limit)
        else:
            yield from _chosen(items, asked.limit, asked.seed)


def read_tasks(location: str | Path, request: ImportRequest = DEFAULT_REQUEST, *, resplit: bool = False) -> TaskFile:
    """Read every sample and every problem of a task file that fits into memory. Raises as `iter_samples` does."""
    entries: list[ReadSample] = []
    problems: list[Problem] = []
    for item in iter_samples(location, request, resplit=resplit):
        if isinstance(item, Problem):
            problems.append(item)
        else:
            entries.append(item)
    return TaskFile(tuple(entries), tuple(problems))


def plan_file(
    location: str, request: ImportRequest
) -> tuple[list[Record | Problem], Mapping | InputError, Iterator[Record | Problem]]:
    """Return the first rows of a file, the map that they lead to (or why they lead to none), and the other rows."""
    items = source_of(location).read(location, request.options)
    first: list[Record | Problem] = []
    length = 0
    for item in items:
        first.append(item)
        length += len(repr(item.values)) if isinstance(item, Record) else 0
        if len(first) >= PLANNED_ROWS or length >= _PLANNED_CHARACTERS:
            break
    try:
        records = [item for item in first if isinstance(item, Record)]
        return first, plan_mapping(records, request, location), items
    except InputError as error:
        return first, InputError(f"{shown_path(location)}: {error.message}", hint=error.hint), items


def _iter_all(
    location: str, request: ImportRequest, *, resplit: bool, on_map: MapSeen | None
) -> Iterator[ReadSample | Problem]:
    first, mapping, others = plan_file(location, request)
    if isinstance(mapping, InputError):
        raise mapping
    if on_map is not None and first:
        on_map(location, mapping)
    for item in mapping.map_rows(chain(first, others)):
        yield from read_record(item, resplit=resplit)
    if not first:
        yield Problem(location, 0, "holds no samples: it is empty")


def read_record(item: Record | Problem, *, resplit: bool) -> Sequence[ReadSample | Problem]:
    """Return the sample of a record in the task format, or every problem with it."""
    if isinstance(item, Problem):
        return (item,)
    parsed = parse_record(item.values, resplit=resplit)
    if isinstance(parsed, Sample):
        return (ReadSample(item.file, item.line, parsed),)
    return [Problem(item.file, item.line, message) for message in parsed]


def _first(items: Iterator[ReadSample | Problem], limit: int) -> Iterator[ReadSample | Problem]:
    left = limit
    for item in items:
        yield item
        left -= isinstance(item, ReadSample)
        if left <= 0:
            return


def _chosen(items: Iterator[ReadSample | Problem], limit: int, seed: int) -> Iterator[ReadSample | Problem]:
    """Yield the problems, then samples of which each has the same chance (reservoir sampling, Vitter 1985)."""
    generator = random.Random(seed)
    chosen: list[tuple[int, ReadSample]] = []
    count = 0
    for item in items:
        if isinstance(item, Problem):
            yield item
            continue
        if count < limit:
            chosen.append((count, item))
        # `random` gives the same numbers in every version of Python; `randrange` need not.
        elif (place := int(generator.random() * (count + 1))) < limit:
            chosen[place] = (count, item)
        count += 1
    yield from (entry for _, entry in sorted(chosen, key=lambda pair: pair[0]))
