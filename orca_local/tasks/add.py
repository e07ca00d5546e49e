"""Add task files of any size to the store: all samples, or nothing if a record is bad."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import counted
from orca_local.domain.types import Sample
from orca_local.store.incoming import Clash, Elsewhere, IncomingSamples
from orca_local.store.store import Store
from orca_local.tasks.import_request import DEFAULT_REQUEST, ImportRequest
from orca_local.tasks.read import MapSeen, ReadSample, iter_samples
from orca_local.tasks.sources.base import Problem
from orca_local.tasks.sources.table import SUFFIXES
from orca_local.tasks.split import content_hash
from orca_local.tasks.unprobed import UNPROBED_REMEDY, unprobed_tasks

MAX_SHOWN_PROBLEMS = 1000
"""Number of problems that an error message shows."""
MAX_KEPT_PROBLEMS = 10_000
"""Number of problems that are in memory; the others are counted."""
_BATCH = 1000
_BATCH_CHARACTERS = 4_000_000
"""Number of samples that are in memory, and of their characters."""
Progress = Callable[[int, int], None]


class AddedTasks(Frozen):
    """Result of adding task files."""

    added: int
    """Number of new samples."""
    duplicates: int
    """Number of samples whose content was already in the store, or earlier in the files."""
    problems: tuple[Problem, ...]
    """The first problems of the records that were skipped."""
    tasks: tuple[str, ...]
    """Names of the tasks in the files, sorted."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """Samples that are present under another task, and were not added to this one."""
    unprobed: tuple[str, ...] = ()
    """Those of the tasks for which no strategy can be measured, see `unprobed_tasks`."""
    problem_count: int = 0
    """Number of all problems."""
    rejected: int = 0
    """Number of records that were skipped; one record may have several problems."""

    def notes(self) -> list[str]:
        """What the user should know about the added tasks, in sentences."""
        notes = [
            f"task {row.task!r}: {counted(row.samples, 'sample')} not added again, because task {row.present_in!r} has "
            f"the same prompt and answer already (such as {row.example!r})"
            for row in self.elsewhere
        ]
        return notes + [f"task {task!r} has no probe samples: {UNPROBED_REMEDY.format(task)}" for task in self.unprobed]


class RejectedTasks(InputError):
    """Some records are bad, so nothing was added."""

    def __init__(self, found: ProblemList, good: int) -> None:
        shown = [str(problem) for problem in found.first[:MAX_SHOWN_PROBLEMS]]
        if found.count > len(shown):
            shown.append(f"… and {found.count - len(shown):,} more")
        in_lines = f" in {counted(found.records, 'line')}" if found.records < found.count else ""
        super().__init__(
            f"nothing was added: {counted(found.count, 'problem')}{in_lines}\n" + "\n".join(shown),
            hint=f"correct the file, or give another; their names end in {', '.join(SUFFIXES)}"
            if found.files
            else "correct the lines, or add the good ones with --skip-bad"
            if good
            else "correct the lines; none is good",
        )
        self.problems = tuple(found.first)
        """The first problems, also those that the message leaves out."""
        self.count = found.count
        """Number of all problems."""
        self.good = good
        """Number of samples that `skip_bad` would add; 0 if a whole file cannot be read."""


class ProblemList:
    """The first problems of an import, and the number of all."""

    def __init__(self) -> None:
        self.first: list[Problem] = []
        self.count = 0
        self.records = 0
        """Number of records that have them."""
        self.files = 0
        """Number of problems for which a whole file cannot be added."""
        self._last: tuple[str, int] | None = None

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it if it is one of the first. Those of one record follow each other."""
        self.count += 1
        place = (problem.file, problem.line)
        self.records += place != self._last
        self.files += problem.ends_file or not problem.line
        self._last = place
        if len(self.first) < MAX_KEPT_PROBLEMS:
            self.first.append(problem)

    def add_uncounted(self, problems: Sequence[Problem], count: int) -> None:
        """Count problems of `count` other records, of which the first are given."""
        self.count += count
        self.records += count
        self.first += problems[: MAX_KEPT_PROBLEMS - len(self.first)]


def add_tasks(
    store: Store,
    locations: Sequence[str | Path],
    request: ImportRequest = DEFAULT_REQUEST,
    *,
    skip_bad: bool = False,
    resplit: bool = False,
    progress: Progress | None = None,
    on_map: MapSeen | None = None,
) -> AddedTasks:
    """Add the samples of all files. Raises `RejectedTasks` that names every bad record, unless `skip_bad`
    and some are good.

    A file that cannot be read at all is an error in any case. `resplit` divides samples by content, even if the file
    names a split. A sample that is already in the store stays in its split. Files of any size take bounded memory.
    `progress` is called with the number of bytes that were read, and with that of all files, as far as it is known;
    `on_map` with each file and its map, before anything is added. Raises `InputError` if a file's columns leave in
    doubt how its rows become samples.
    """
    request = _with_progress(request, locations, progress)
    rows = (iter_samples(location, request, resplit=resplit, on_map=on_map) for location in locations)
    return add_samples(store, chain.from_iterable(rows), skip_bad=skip_bad)


def add_samples(store: Store, items: Iterable[ReadSample | Problem], *, skip_bad: bool = False) -> AddedTasks:
    """Add samples in the order in which they come, all or none; see `add_tasks`."""
    found = ProblemList()
    with store.incoming() as incoming:
        files, good = _read_all(incoming, items, found)
        clashes = incoming.find_clashes()
        if clashes:
            first = [_clash_problem(clash, files) for clash in incoming.clashes(MAX_KEPT_PROBLEMS)]
            found.add_uncounted(first, clashes)
        good -= clashes
        if found.count and not (skip_bad and good and not found.files):
            raise RejectedTasks(found, good=0 if found.files else good)
        added = incoming.store([_source(file) for file in files])
        tasks = tuple(incoming.tasks())
        elsewhere = incoming.elsewhere() if added < good else ()
    unprobed = tuple(task for task in unprobed_tasks(store) if task in tasks)
    return AddedTasks(added, good - added, tuple(found.first), tasks, elsewhere, unprobed, found.count, found.records)


def _read_all(
    incoming: IncomingSamples, items: Iterable[ReadSample | Problem], found: ProblemList
) -> tuple[list[str], int]:
    """Read all files into `incoming`. Returns the names of the files by their number, and the number of samples."""
    files: dict[str, int] = {}
    count = 0
    length = 0
    batch: list[tuple[int, int, Sample, str]] = []
    for item in items:
        if isinstance(item, Problem):
            found.add(item)
            continue
        file = files.setdefault(item.file, len(files))
        batch.append((file, item.line, item.sample, content_hash(item.sample)))
        length += _length(item.sample)
        if len(batch) >= _BATCH or length >= _BATCH_CHARACTERS:
            incoming.add(batch)
            count += len(batch)
            batch.clear()
            length = 0
    incoming.add(batch)
    return list(files), count + len(batch)


def _length(sample: Sample) -> int:
    """Return about how many characters a sample has."""
    metadata = len(repr(sample.metadata)) if sample.metadata else 0
    return len(sample.text) + len(sample.rationale or "") + metadata


def _with_progress(request: ImportRequest, locations: Sequence[str | Path], progress: Progress | None) -> ImportRequest:
    """Return the request with a function that reports what was read of all files together."""
    if progress is None:
        return request
    total = sum(path.stat().st_size for path in map(Path, locations) if path.is_file())
    done = 0

    def on_size(size: int) -> None:
        nonlocal total
        total += size

    def on_read(size: int) -> None:
        nonlocal done
        done += size
        progress(done, total)

    return replace(request, options=replace(request.options, on_read=on_read, on_size=on_size))


def _clash_problem(clash: Clash, files: Sequence[str]) -> Problem:
    place = "the workspace" if clash.other_file is None else f"{files[clash.other_file]}:{clash.other_line}"
    message = f"id {clash.id!r} belongs to another sample already, in {place}"
    return Problem(files[clash.file], clash.line, message)


def _source(file: str) -> str:
    """The name of a file as text that can be stored: file names need not be valid text."""
    return os.fsencode(file).decode("utf-8", "replace")
