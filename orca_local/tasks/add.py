"""Add task files to the store: all samples, or nothing if a record is bad."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import counted
from orca_local.domain.types import Sample
from orca_local.store.store import Store
from orca_local.tasks.read import ReadSample, read_tasks
from orca_local.tasks.sources.base import Problem
from orca_local.tasks.sources.table import SUFFIXES
from orca_local.tasks.split import content_hash
from orca_local.tasks.unprobed import UNPROBED_REMEDY, unprobed_tasks

MAX_SHOWN_PROBLEMS = 1000


class AddedTasks(Frozen):
    """Result of adding task files."""

    added: int
    """Number of new samples."""
    duplicates: int
    """Number of samples whose content was already in the store, or earlier in the files."""
    problems: tuple[Problem, ...]
    """Problems of the records that were skipped."""
    tasks: tuple[str, ...]
    """Names of the tasks in the files, sorted."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """Samples that are present under another task, and were not added to this one."""
    unprobed: tuple[str, ...] = ()
    """Those of the tasks for which no strategy can be measured, see `unprobed_tasks`."""

    @property
    def rejected(self) -> int:
        """Number of records that were skipped; one record may have several problems."""
        return count_records(self.problems)

    def notes(self) -> list[str]:
        """What the user should know about the added tasks, in sentences."""
        notes = [
            f"task {row.task!r}: {counted(row.samples, 'sample')} not added again, because task {row.present_in!r} has "
            f"the same prompt and answer already (such as {row.example!r})"
            for row in self.elsewhere
        ]
        return notes + [f"task {task!r} has no probe samples: {UNPROBED_REMEDY.format(task)}" for task in self.unprobed]


class Elsewhere(Frozen):
    """Samples of a task that are present, with the same prompt and answer, under another task."""

    task: str
    present_in: str
    samples: int
    example: str
    """Id of one of them."""


class RejectedTasks(InputError):
    """Some records are bad, so nothing was added."""

    def __init__(self, problems: Sequence[Problem], good: int) -> None:
        shown = [str(problem) for problem in problems[:MAX_SHOWN_PROBLEMS]]
        if len(problems) > MAX_SHOWN_PROBLEMS:
            shown.append(f"… and {len(problems) - MAX_SHOWN_PROBLEMS} more")
        lines = count_records(problems)
        count = counted(len(problems), "problem") + (f" in {counted(lines, 'line')}" if lines < len(problems) else "")
        are_whole_files = all(problem.line == 0 for problem in problems)
        super().__init__(
            f"nothing was added: {count}\n" + "\n".join(shown),
            hint=f"give the paths of task files ({', '.join(SUFFIXES)})"
            if are_whole_files
            else "correct the lines, or add the good ones with --skip-bad",
        )
        self.problems = tuple(problems)
        """All problems, including those that the message leaves out."""
        self.good = good
        """Number of samples that `skip_bad` would add; 0 if a whole file cannot be read."""


def add_tasks(
    store: Store, locations: Sequence[str | Path], *, skip_bad: bool = False, resplit: bool = False
) -> AddedTasks:
    """Add the samples of all files. Raises `RejectedTasks` that names every bad record, unless `skip_bad`.

    A file that cannot be read at all is an error in any case. `resplit` divides samples by content, even if the file
    names a split. A sample that is already in the store stays in its split.
    """
    entries: list[ReadSample] = []
    problems: list[Problem] = []
    for location in locations:
        file = read_tasks(location, resplit=resplit)
        entries += file.entries
        problems += file.problems
    hashes = [content_hash(entry.sample) for entry in entries]
    clashes = _id_clashes(store, entries, hashes)
    problems += clashes.values()
    is_unreadable = any(problem.line == 0 for problem in problems)
    if problems and (not skip_bad or is_unreadable):
        raise RejectedTasks(problems, good=0 if is_unreadable else len(entries) - len(clashes))
    by_file: dict[str, list[tuple[Sample, str]]] = {}
    for index, (entry, digest) in enumerate(zip(entries, hashes, strict=True)):
        if index not in clashes:
            by_file.setdefault(entry.file, []).append((entry.sample, digest))
    good = [entry for batch in by_file.values() for entry in batch]
    elsewhere = _find_elsewhere(store, good)
    with store.transaction():
        added = sum(store.samples.add(batch, source=_source(file)).added for file, batch in by_file.items())
    tasks = tuple(sorted({sample.task for sample, _ in good}))
    unprobed = tuple(task for task in unprobed_tasks(store) if task in tasks)
    return AddedTasks(added, len(good) - added, tuple(problems), tasks, elsewhere, unprobed)


def count_records(problems: Sequence[Problem]) -> int:
    """Return the number of records that have these problems."""
    return len({(problem.file, problem.line) for problem in problems})


def _source(file: str) -> str:
    """The name of a file as text that can be stored: file names need not be valid text."""
    return os.fsencode(file).decode("utf-8", "replace")


def _find_elsewhere(store: Store, entries: Sequence[tuple[Sample, str]]) -> tuple[Elsewhere, ...]:
    """Return what will not be added because another task has the same content."""
    task_by_hash = store.samples.tasks_by_content([digest for _, digest in entries])
    ids: dict[tuple[str, str], list[str]] = {}
    for sample, digest in entries:
        present_in = task_by_hash.setdefault(digest, sample.task)
        if present_in != sample.task:
            ids.setdefault((sample.task, present_in), []).append(sample.id)
    return tuple(Elsewhere(task, other, len(found), found[0]) for (task, other), found in ids.items())


def _id_clashes(store: Store, entries: Sequence[ReadSample], hashes: Sequence[str]) -> dict[int, Problem]:
    """Return a problem for each entry, by its index, whose id belongs to a sample of other content."""
    hash_by_id = store.samples.content_hashes([entry.sample.id for entry in entries])
    places: dict[str, str] = {}
    clashes: dict[int, Problem] = {}
    for index, (entry, digest) in enumerate(zip(entries, hashes, strict=True)):
        sample_id = entry.sample.id
        if hash_by_id.setdefault(sample_id, digest) == digest:
            places.setdefault(sample_id, f"{entry.file}:{entry.line}")
            continue
        place = places.get(sample_id, "the workspace")
        clashes[index] = Problem(
            entry.file, entry.line, f"id {sample_id!r} belongs to another sample already, in {place}"
        )
    return clashes
