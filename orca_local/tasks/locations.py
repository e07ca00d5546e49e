"""Where tasks are read from: a file, an address of the hub, or a ready source, which is one or many of these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from orca_local.domain.errors import InputError
from orca_local.hub.address import PREFIX, DatasetAddress, is_address
from orca_local.hub.dataset import Snapshot, open_snapshot
from orca_local.hub.layout import is_data, matches
from orca_local.hub.recorded import open_recorded, record_path
from orca_local.hub.repository import Repository
from orca_local.tasks import ready
from orca_local.tasks.import_request import ImportRequest
from orca_local.tasks.ready import ReadySource
from orca_local.tasks.sources import hub
from orca_local.tasks.sources.base import Source
from orca_local.tasks.sources.table import find_source as find_file_source


def source_of(location: str) -> Source:
    """Return the source that reads what is at a location."""
    return hub.SOURCE if is_address(location) else find_file_source(location)


def expand(location: str, request: ImportRequest) -> Iterator[tuple[str, ImportRequest]]:
    """Yield what is read for a location, with what is asked of it: the location itself, or the parts of a ready source.

    What the user asked for precedes what the ready source says. Raises as `hub.recorded.open_recorded` does.
    """
    if location.startswith(ready.PREFIX):
        yield from iter_parts(ready.find_ready(location.removeprefix(ready.PREFIX)), request)
    else:
        # Windows turns a slash of an address that it takes for a path.
        yield location.replace("\\", "/") if is_address(location) else location, request


def iter_parts(source: ReadySource, request: ImportRequest) -> Iterator[tuple[str, ImportRequest]]:
    """Yield the addresses that a ready source consists of, each with what is asked of it."""
    snapshot = open_ready(source)
    if request.options.on_note is not None:
        for note in (describe(source, snapshot), *snapshot.notes):
            request.options.on_note(note)
    preset = {"task"} if request.kind else {"task", "kind"}
    asked = replace(
        request,
        columns={**source.columns, **request.columns},
        kind=request.kind or source.kind,
        preset=preset if request.task is None else preset - {"task"},
    )
    is_named = request.task is not None or request.task_column is not None or "task" in asked.columns
    for task, address in part_addresses(source, snapshot):
        yield str(address), asked if is_named or not task else replace(asked, task=task)


def open_ready(source: ReadySource) -> Snapshot:
    """Return the repository of a ready source at its commit. Raises `OrcaError` if it cannot be reached."""
    repository = Repository(source.repo, known=ready.known_repositories())
    return open_snapshot(repository, source.revision) if source.revision else open_recorded(repository)


def describe(source: ReadySource, snapshot: Snapshot) -> str:
    """Return where a ready source comes from, and who says so, in a sentence."""
    by = "models/sources.toml" if source.revision else str(record_path(snapshot.repository))
    return f"{ready.PREFIX}{source.name} is {source.repo} at commit {snapshot.commit} (from {by}); {source.licence}"


def part_addresses(source: ReadySource, snapshot: Snapshot) -> list[tuple[str, DatasetAddress]]:
    """Return the parts of a ready source, each with the name of its task; empty if a column names the tasks.

    Raises `InputError` if the repository does not have them any more.
    """
    whole = DatasetAddress(source.repo, snapshot.commit, source.config, source.split)
    if source.tasks == "file":
        paths = [path for path in snapshot.files if is_data(path) and matches(path, source.files)]
        parts = [(_task_of_file(source, path), replace(whole, config=path)) for path in paths]
    elif source.tasks == "config":
        names = [name for name, splits in snapshot.layout.configs.items() if source.split in splits]
        parts = [(name, replace(whole, config=name)) for name in names]
    else:
        return [("" if source.tasks == "column" else source.name, whole)]
    kept = [(task, part) for task, part in parts if not any(fnmatchcase(task, pattern) for pattern in source.skip)]
    if not kept:
        raise InputError(
            f"{source.repo} has no {source.files or source.split} at commit {snapshot.commit}",
            hint=f"look at {snapshot.repository.page}, and add its files with {PREFIX}{source.repo}/…",
        )
    return [(f"{source.name}/{task}", part) for task, part in kept]


def _task_of_file(source: ReadySource, path: str) -> str:
    name = PurePosixPath(path).name
    return name.partition(".")[0].removesuffix(source.file_suffix)
