"""Where the rows of a suite are read from: the hub at a commit, or a directory with its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.hub.benchmarks import Suite
from orca_local.hub.dataset import Snapshot, open_snapshot
from orca_local.hub.recorded import open_recorded
from orca_local.hub.repository import Repository
from orca_local.suites.question import Row
from orca_local.suites.readers.crass import read_lines
from orca_local.tasks.import_request import DEFAULT_OPTIONS
from orca_local.tasks.sources.base import Problem, Record
from orca_local.tasks.sources.hub import read_dataset
from orca_local.tasks.sources.table import SUFFIXES, find_source


class Place(Protocol):
    """What the rows of a suite are read from."""

    @property
    def name(self) -> str:
        """Where that is, for people."""

    @property
    def commit(self) -> str:
        """The commit of the repository; empty for a directory."""

    def rows(self) -> Iterator[Row]:
        """Yield the rows. Raises `OrcaError` if one of them cannot be read."""


class HubPlace(Frozen):
    """The configs of a suite in a repository of the hub."""

    suite: Suite
    snapshot: Snapshot

    @property
    def name(self) -> str:
        """The repository."""
        return f"hub:{self.suite.repo}"

    @property
    def commit(self) -> str:
        """The commit that is read."""
        return self.snapshot.commit

    def rows(self) -> Iterator[Row]:
        """Yield the rows of all configs."""
        for config in self.suite.configs:
            dataset = self.snapshot.select(config, self.suite.split)
            yield from _rows(read_dataset(dataset, DEFAULT_OPTIONS), config)


class DirectoryPlace(Frozen):
    """The files of a suite in a directory."""

    suite: Suite
    directory: Path
    files: tuple[Path, ...]
    origin: str = ""
    """Where they were fetched from; empty: they were there."""
    commit: str = ""
    """Empty if nobody knows it."""

    @property
    def name(self) -> str:
        """Where they come from."""
        return self.origin or str(self.directory)

    def rows(self) -> Iterator[Row]:
        """Yield the rows of all files."""
        for path in self.files:
            if self.suite.name == "crass":
                yield from read_lines(path)
            else:
                yield from _rows(find_source(path.name).read(str(path), DEFAULT_OPTIONS), part_of(path))


def open_hub(suite: Suite, *, offline: bool) -> HubPlace:
    """Return a suite at its commit on the hub. Raises as `hub.recorded.open_recorded` does."""
    repository = Repository(suite.repo, offline=offline)
    snapshot = open_snapshot(repository, suite.revision) if suite.revision else open_recorded(repository)
    return HubPlace(suite, snapshot)


def open_directory(suite: Suite, directory: Path) -> DirectoryPlace:
    """Return the files of a suite in a directory: those of a checkout of its repository, or those that have its name.

    Such a name begins with that of the suite, as in `agieval.lsat-ar.jsonl`. Raises `InputError` if there are none.
    """
    if not directory.is_dir():
        raise InputError(f"{directory} is no directory", hint="name the one with the files of the suite")
    published = tuple(path for path in (directory / file for file in suite.files) if path.is_file())
    if published and len(published) < len(suite.files):
        missing = next(file for file in suite.files if not (directory / file).is_file())
        raise InputError(
            f"{directory} has only {len(published)} of the {len(suite.files)} files of {suite.name}: "
            f"{missing} is missing",
            hint=f"take the files of {suite.repo} again",
        )
    named = tuple(sorted(path for path in directory.glob(f"{suite.name}.*") if path.name.endswith(SUFFIXES)))
    if not (files := published or named):
        examples = ", ".join(suite.files[:2]) or f"{suite.name}.{suite.split}.jsonl"
        raise InputError(f"{directory} has no files of {suite.name}", hint=f"it has names such as {examples}")
    return DirectoryPlace(suite, directory, files)


def part_of(path: Path) -> str:
    """Return the part of a suite that a file holds: the last word of its name before the ending."""
    return path.stem.rpartition(".")[2]


def _rows(items: Iterator[Record | Problem], part: str) -> Iterator[Row]:
    for number, item in enumerate(items, start=1):
        if isinstance(item, Problem):
            raise InputError(str(item), hint="the file is incomplete or changed: take it again from its publisher")
        yield Row(item.values, part, number)
