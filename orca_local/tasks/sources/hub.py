"""Datasets of the hub: each of their files is read by the source of its own format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO

from orca_local.domain.errors import InputError
from orca_local.hub.address import PREFIX, DatasetAddress, parse_address
from orca_local.hub.benchmarks import suite_of
from orca_local.hub.blocks import HubFile
from orca_local.hub.dataset import Dataset, ScriptOnly, open_dataset
from orca_local.tasks import ready
from orca_local.tasks.import_request import ReadOptions
from orca_local.tasks.sources.base import Problem, Record, Source
from orca_local.tasks.sources.table import find_source


def read_hub(location: str, options: ReadOptions) -> Iterator[Record | Problem]:
    """Yield the rows of the dataset at an address, file by file. Only what is read is fetched.

    Raises `OrcaError` if the hub, or this machine while offline, does not have it, and `InputError` for a benchmark.
    """
    dataset = _open(parse_address(location))
    _refuse_benchmark(dataset)
    for note in dataset.notes:
        if options.on_note is not None:
            options.on_note(note)
    if options.on_size is not None:
        options.on_size(sum(file.bytes for file in dataset.files))
    yield from read_dataset(dataset, options)


def read_dataset(dataset: Dataset, options: ReadOptions) -> Iterator[Record | Problem]:
    """Yield the rows of the files of a dataset. Raises `OrcaError` as `read_hub` does."""
    for file in dataset.files:
        name = f"{PREFIX}{dataset.repository.name}@{dataset.commit}/{file.path}"
        yield from find_source(file.path).read(name, replace(options, open_file=_opener(dataset, file)))


def _refuse_benchmark(dataset: Dataset) -> None:
    suite = suite_of(dataset.repository.name, dataset.split, [file.path for file in dataset.files])
    if suite is None:
        return
    others = "" if suite.whole else f"; its other splits can be added, such as {_other_split(dataset)}"
    raise InputError(
        f"{dataset.name} is the benchmark {suite.name}: a student that is trained on it cannot be judged by it",
        hint=f"see `orca-local suites show {suite.name}`{others}",
    )


def _other_split(dataset: Dataset) -> str:
    config = dataset.config if dataset.split else ""
    return str(DatasetAddress(dataset.repository.name, config=config, split="train"))


def _opener(dataset: Dataset, file: HubFile) -> Callable[[str], BinaryIO]:
    return lambda _: dataset.open(file)


def _open(address: DatasetAddress) -> Dataset:
    try:
        return open_dataset(address, known=ready.known_repositories())
    except ScriptOnly as error:
        copy = ready.stands_for(address.repo)
        if copy is None:
            raise
        hint = f"add {ready.PREFIX}{copy.name} instead, which reads the same rows from {copy.repo}"
        raise ScriptOnly(error.message, hint=hint) from error


SOURCE = Source("hub", (), read_hub)
