"""A dataset of the hub: the files of one config and split, at one commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from orca_local.domain.errors import InputError, OrcaError, RemoteError
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import printable
from orca_local.hub.address import CONVERTED, MAIN, DatasetAddress
from orca_local.hub.blocks import HubFile
from orca_local.hub.layout import MAX_FRONT_MATTER, Layout, Splits, find_layout, is_data, is_partial
from orca_local.hub.repository import NoRevision, Repository

MAX_LISTED = 20
"""Configs that a message lists."""


class ScriptOnly(RemoteError):
    """A repository holds a program that makes its rows, and no rows."""


class Dataset(Frozen):
    """The files of a dataset at one commit."""

    repository: Repository
    commit: str
    config: str
    split: str
    files: tuple[HubFile, ...]
    notes: tuple[str, ...]
    """What the user should know of them, in sentences."""

    @property
    def name(self) -> str:
        """The address of these files, with their commit."""
        return str(DatasetAddress(self.repository.name, self.commit, self.config, self.split))

    def open(self, file: HubFile) -> BinaryIO:
        """Open one of the files. Reading it raises `OrcaError` for what cannot be fetched."""
        return self.repository.open(self.commit, file)


class Snapshot(Frozen):
    """A repository at one commit, with its configs."""

    repository: Repository
    commit: str
    files: dict[str, HubFile]
    layout: Layout
    notes: tuple[str, ...]

    def select(self, config: str, split: str) -> Dataset:
        """Return the files of a config and a split, each empty for the only one, or those of a directory or one file.

        Raises `InputError` that lists the names if that leaves a choice, or if there is none of the name.
        """
        name = config.rstrip("/")
        if name and name not in self.layout.configs and not split and (inside := self._inside(name)):
            return Dataset(self.repository, self.commit, name, "", inside, self._notes(inside))
        name, splits = self._choose_config(name)
        split = self._choose_split(config, name, splits, split)
        chosen = tuple(self.files[path] for path in splits[split])
        return Dataset(self.repository, self.commit, name, split, chosen, self._notes(chosen))

    def _inside(self, name: str) -> tuple[HubFile, ...]:
        """Return the file of this path, or the files of this directory, that may hold rows."""
        if name in self.files:
            return (self.files[name],) if is_data(name) else ()
        return tuple(file for path, file in self.files.items() if path.startswith(f"{name}/") and is_data(path))

    def _notes(self, chosen: Sequence[HubFile]) -> tuple[str, ...]:
        if not any(is_partial(file.path) for file in chosen):
            return self.notes
        return (*self.notes, f"the hub converted only the first 5 GB of {self.repository.name}: this is a part of it")

    def _choose_config(self, config: str) -> tuple[str, Splits]:
        name, configs = config or self.layout.default, self.layout.configs
        if name in configs:
            return name, configs[name]
        problem = f"has no config {config!r}" if config else "has several configs"
        raise InputError(
            f"{self.repository.name} {problem}: {_listed(sorted(configs))}",
            hint=f"name one of them: hub:{self.repository.name}/CONFIG",
        )

    def _choose_split(self, config: str, name: str, splits: Splits, split: str) -> str:
        if split in splits:
            return split
        if not split and len(splits) == 1:
            return next(iter(splits))
        problem = f"has no split {split!r}" if split else "has several splits"
        form = str(
            DatasetAddress(
                self.repository.name, config=config or name, split="train" if "train" in splits else next(iter(splits))
            )
        )
        raise InputError(
            f"{self.repository.name}, config {printable(name)}, {problem}: {_listed(list(splits))}",
            hint=f"name one of them, such as {form}",
        )


def open_dataset(address: DatasetAddress, *, offline: bool = False, known: Sequence[str] = ()) -> Dataset:
    """Resolve an address to files; see `open_snapshot` and `Snapshot.select`."""
    repository = Repository(address.repo, offline=offline, known=known)
    return open_snapshot(repository, address.revision).select(address.config, address.split)


def open_snapshot(repository: Repository, revision: str) -> Snapshot:
    """Return a repository at the commit of a revision.

    Where `main` has a program in place of files, what the hub converted to Parquet is taken. Raises `RemoteError` if
    the hub does not have the dataset or does not give it, `ScriptOnly` if it has nothing but a program, `InputError` if
    none of its files can be read, and `MissingError` if something is needed that is not on this machine, offline.
    """
    commit = repository.resolve(revision)
    files = {file.path: file for file in repository.files(commit)}
    layout = find_layout(tuple(files), _readme(repository, commit, files))
    notes = [f"{repository.name}: {layout.problem}"] if layout.problem else []
    program = _program(repository, files)
    if revision == MAIN and not (layout.configs and (layout.is_described or not program)):
        converted = _converted(repository)
        if converted is not None:
            commit, files = converted
            layout = find_layout(tuple(files), "")
            notes = [f"{repository.name} holds a program: what the hub converted to Parquet is read ({CONVERTED})"]
    if not layout.configs:
        raise _no_data(repository, files, program)
    return Snapshot(repository, commit, files, layout, tuple(map(printable, notes)))


def _readme(repository: Repository, commit: str, files: dict[str, HubFile]) -> str:
    if "README.md" not in files:
        return ""
    with repository.open(commit, files["README.md"]) as file:
        return file.read(MAX_FRONT_MATTER).decode("utf-8", "replace")


def _program(repository: Repository, files: dict[str, HubFile]) -> str:
    """Return the program that makes the rows of a repository; empty if it has none."""
    name = repository.name.partition("/")[2]
    return next((path for path in files if path.lower() == f"{name.lower()}.py"), "")


def _converted(repository: Repository) -> tuple[str, dict[str, HubFile]] | None:
    """Return the commit and the files that the hub converted to Parquet; None if it converted none."""
    try:
        commit = repository.resolve(CONVERTED)
    except NoRevision:
        return None
    files = {file.path: file for file in repository.files(commit)}
    return (commit, files) if any(map(is_data, files)) else None


def _no_data(repository: Repository, files: dict[str, HubFile], program: str) -> OrcaError:
    if program:
        return ScriptOnly(
            f"{repository.name} holds a program ({program}) in place of rows, and no program of a stranger is run",
            hint=f"look for a copy of it as Parquet on {repository.page}/discussions, "
            "or make its files by hand and add them",
        )
    return InputError(
        f"{repository.name} has no files that can be read (.parquet, .jsonl, .json, .csv, .tsv); its files: "
        f"{_listed(sorted(files)) or 'none'}",
        hint=f"see {repository.page}",
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(printable, names[:MAX_LISTED]))
    return f"{shown}, … ({len(names):,} in all)" if len(names) > MAX_LISTED else shown
