"""Read task files of any format: every sample with its position, and every problem."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Sample
from orca_local.tasks.import_request import DEFAULT_REQUEST, ImportRequest
from orca_local.tasks.record import parse_record
from orca_local.tasks.sources.base import Problem
from orca_local.tasks.sources.table import find_source

PLANNED_RECORDS = 100
"""Number of records by which is decided how the columns of a file become samples."""


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
    location: str | Path, request: ImportRequest = DEFAULT_REQUEST, *, resplit: bool = False
) -> Iterator[ReadSample | Problem]:
    """Yield every sample and every problem of a task file, in bounded memory. A bad file raises nothing.

    With a limit, reading ends with the last sample; with a seed too, the whole file is read, and the chosen samples
    follow the problems. `resplit` divides samples by content, even if the file names a split.
    """
    items = _iter_all(str(location), request, resplit=resplit)
    if request.limit is None:
        return items
    return _first(items, request.limit) if request.seed is None else _chosen(items, request.limit, request.seed)


def read_tasks(location: str | Path, request: ImportRequest = DEFAULT_REQUEST, *, resplit: bool = False) -> TaskFile:
    """Read every sample and every problem of a task file that fits into memory. A bad file raises nothing."""
    entries: list[ReadSample] = []
    problems: list[Problem] = []
    for item in iter_samples(location, request, resplit=resplit):
        if isinstance(item, Problem):
            problems.append(item)
        else:
            entries.append(item)
    return TaskFile(tuple(entries), tuple(problems))


def _iter_all(location: str, request: ImportRequest, *, resplit: bool) -> Iterator[ReadSample | Problem]:
    items = find_source(location).read(location, request.options)
    first = list(islice(items, PLANNED_RECORDS))
    is_empty = not first
    for item in chain(first, items):
        if isinstance(item, Problem):
            yield item
            continue
        parsed = parse_record(item.values, resplit=resplit)
        if isinstance(parsed, Sample):
            yield ReadSample(item.file, item.line, parsed)
        else:
            for message in parsed:
                yield Problem(item.file, item.line, message)
    if is_empty:
        yield Problem(location, 0, "holds no samples: it is empty")


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
        # `random` gives the same numbers in every version of Python; `randrange` need not.
        place = count if count < limit else int(generator.random() * (count + 1))
        if place == len(chosen):
            chosen.append((count, item))
        elif place < limit:
            chosen[place] = (count, item)
        count += 1
    yield from (entry for _, entry in sorted(chosen, key=lambda pair: pair[0]))
