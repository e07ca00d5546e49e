"""Add task files to the store: all samples, or nothing if a record is bad."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Sample
from orca_local.store.store import Store
from orca_local.tasks.read import ReadSample, read_tasks
from orca_local.tasks.sources.base import Problem
from orca_local.tasks.sources.table import SUFFIXES
from orca_local.tasks.split import content_hash

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


class RejectedTasks(InputError):
    """Some records are bad, so nothing was added."""

    def __init__(self, problems: Sequence[Problem], good: int) -> None:
        shown = [str(problem) for problem in problems[:MAX_SHOWN_PROBLEMS]]
        if len(problems) > MAX_SHOWN_PROBLEMS:
            shown.append(f"… and {len(problems) - MAX_SHOWN_PROBLEMS} more")
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
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
    with store.transaction():
        added = sum(store.samples.add(batch, source=file).added for file, batch in by_file.items())
    good = [sample for batch in by_file.values() for sample, _ in batch]
    return AddedTasks(added, len(good) - added, tuple(problems), tuple(sorted({sample.task for sample in good})))


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
