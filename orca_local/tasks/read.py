"""Read task files of any format: every sample with its position, and every problem."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Sample
from orca_local.tasks.record import parse_record
from orca_local.tasks.sources.base import Problem
from orca_local.tasks.sources.table import find_source


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


def read_tasks(location: str | Path, *, resplit: bool = False) -> TaskFile:
    """Read every sample and every problem of a task file. A bad file raises nothing.

    `resplit` divides samples by content, even if the file names a split.
    """
    entries: list[ReadSample] = []
    problems: list[Problem] = []
    for item in find_source(str(location)).read(str(location)):
        if isinstance(item, Problem):
            problems.append(item)
            continue
        parsed = parse_record(item.values, resplit=resplit)
        if isinstance(parsed, Sample):
            entries.append(ReadSample(item.file, item.line, parsed))
        else:
            problems += [Problem(item.file, item.line, message) for message in parsed]
    if not entries and not problems:
        problems.append(Problem(str(location), 0, "holds no samples: it is empty"))
    return TaskFile(tuple(entries), tuple(problems))
