"""Adds task files to the store: all of them or, where a line is bad, nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.types import Sample
from orca_local.store.store import Store
from orca_local.tasks.sources.jsonl import Problem, read_jsonl
from orca_local.tasks.split import content_hash

SHOWN_PROBLEMS = 1000


@dataclass(frozen=True, slots=True)
class AddedTasks:
    """What became of the files."""

    added: int
    duplicates: int
    """Samples whose content was there already, in the store or earlier in the files."""
    problems: tuple[Problem, ...]
    """Lines that were skipped."""
    tasks: tuple[str, ...]
    """Tasks that the files name, sorted."""


class RejectedTasks(InputError):
    """Bad lines kept the good ones out: nothing was added."""

    def __init__(self, problems: Sequence[Problem], good: int) -> None:
        shown = [str(problem) for problem in problems[:SHOWN_PROBLEMS]]
        if len(problems) > SHOWN_PROBLEMS:
            shown.append(f"… and {len(problems) - SHOWN_PROBLEMS} more")
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        whole_files = all(problem.line == 0 for problem in problems)
        super().__init__(
            f"nothing was added: {count}\n" + "\n".join(shown),
            hint="give the paths of JSON Lines files"
            if whole_files
            else "correct the lines, or add the good ones with --skip-bad",
        )
        self.problems = tuple(problems)
        """All of them, also where the message is cut."""
        self.good = good
        """Lines that could be added without the others; 0 where a file cannot be read at all."""


@dataclass(frozen=True, slots=True)
class _Read:
    """One good line."""

    path: Path
    line: int
    sample: Sample
    content_hash: str


def add_tasks(store: Store, paths: Sequence[Path], *, skip_bad: bool = False, resplit: bool = False) -> AddedTasks:
    """Add the samples of all files. Raises `RejectedTasks` that names every bad line, unless `skip_bad`.

    A file that cannot be read at all is an error in any case. `resplit` divides samples by content, whatever
    split their lines name; a sample that is in the store already stays in its split.
    """
    read: list[_Read] = []
    problems: list[Problem] = []
    for path in paths:
        result = read_jsonl(path, resplit=resplit)
        problems += result.problems
        pairs = zip(result.lines, result.samples, strict=True)
        read += [_Read(path, line, sample, content_hash(sample)) for line, sample in pairs]
    clashes = _id_clashes(store, read)
    problems += clashes.values()
    is_unreadable = any(problem.line == 0 for problem in problems)
    if problems and (not skip_bad or is_unreadable):
        raise RejectedTasks(problems, good=0 if is_unreadable else len(read) - len(clashes))
    good = [entry for index, entry in enumerate(read) if index not in clashes]
    added = 0
    with store.transaction():
        for path in dict.fromkeys(paths):
            batch = [(entry.sample, entry.content_hash) for entry in good if entry.path == path]
            added += store.samples.add(batch, source=str(path)).added
    tasks = tuple(sorted({entry.sample.task for entry in good}))
    return AddedTasks(added, len(good) - added, tuple(problems), tasks)


def _id_clashes(store: Store, read: Sequence[_Read]) -> dict[int, Problem]:
    """Lines, by position, whose id another sample has: in the store, or earlier in the files."""
    taken = store.samples.content_hashes([entry.sample.id for entry in read])
    places: dict[str, str] = {}
    clashes: dict[int, Problem] = {}
    for index, entry in enumerate(read):
        sample_id = entry.sample.id
        if taken.setdefault(sample_id, entry.content_hash) == entry.content_hash:
            places.setdefault(sample_id, f"{entry.path}:{entry.line}")
            continue
        where = places.get(sample_id, "the workspace")
        message = f"id {sample_id!r} belongs to another sample already, in {where}"
        clashes[index] = Problem(str(entry.path), entry.line, message)
    return clashes
