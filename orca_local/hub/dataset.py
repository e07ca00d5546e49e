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


def open_dataset(address: DatasetAddress, *, offline: bool = False, known: Sequence[str] = ()) -> Dataset:
    """Resolve an address to files. `known` are names that a wrong one may have been meant for.

    Where a repository has a program in place of files, what the hub converted to Parquet is read. Raises `InputError`
    if the address leaves a choice, `RemoteError` if the hub does not have the dataset or does not give it, and
    `MissingError` if something is needed that is not on this machine, offline.
    """
    repository = Repository(address.repo, offline=offline, known=known)
    commit = repository.resolve(address.revision)
    files = {file.path: file for file in repository.files(commit)}
    if address.config in files and is_data(address.config):
        return Dataset(repository, commit, address.config, "", (files[address.config],), ())
    layout, notes = _layout(repository, commit, files), list[str]()
    program = _program(repository, files)
    if address.revision == MAIN and not (layout.configs and (layout.is_described or not program)):
        converted = _converted(repository)
        if converted is not None:
            commit, files = converted
            layout = find_layout(tuple(files), "")
            notes.append(f"{address.repo} holds a program: what the hub converted to Parquet is read ({CONVERTED})")
    if not layout.configs:
        raise _no_data(repository, files, program)
    config, splits = _choose_config(address, layout)
    split = _choose_split(address, config, splits)
    chosen = tuple(files[path] for path in splits[split])
    if any(is_partial(file.path) for file in chosen):
        notes.append(f"the hub converted only the first 5 GB of {address.repo}: {config}:{split} is a part of it")
    if layout.problem:
        notes.append(f"{address.repo}: {layout.problem}")
    return Dataset(repository, commit, config, split, chosen, tuple(map(printable, notes)))


def _layout(repository: Repository, commit: str, files: dict[str, HubFile]) -> Layout:
    readme = ""
    if "README.md" in files:
        with repository.open(commit, files["README.md"]) as file:
            readme = file.read(MAX_FRONT_MATTER).decode("utf-8", "replace")
    return find_layout(tuple(files), readme)


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
    some = ", ".join(sorted(files)[:MAX_LISTED]) or "none"
    return InputError(
        f"{repository.name} has no files that can be read (.parquet, .jsonl, .json, .csv, .tsv); its files: {some}",
        hint=f"see {repository.page}",
    )


def _choose_config(address: DatasetAddress, layout: Layout) -> tuple[str, Splits]:
    name = address.config or layout.default
    if name in layout.configs:
        return name, layout.configs[name]
    names = sorted(layout.configs)
    problem = f"has no config {address.config!r}" if address.config else "has several configs"
    form = f"hub:{address.repo}/CONFIG"
    raise InputError(f"{address.repo} {problem}: {_listed(names)}", hint=f"name one of them: {form}")


def _choose_split(address: DatasetAddress, config: str, splits: Splits) -> str:
    if address.split in splits:
        return address.split
    if not address.split and len(splits) == 1:
        return next(iter(splits))
    problem = f"has no split {address.split!r}" if address.split else "has several splits"
    form = str(DatasetAddress(address.repo, address.revision, address.config or config, "train"))
    raise InputError(
        f"{address.repo}, config {config}, {problem}: {_listed(list(splits))}", hint=f"name one of them, such as {form}"
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(printable, names[:MAX_LISTED]))
    return f"{shown}, … ({len(names):,} in all)" if len(names) > MAX_LISTED else shown
