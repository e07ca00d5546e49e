"""Rows of made-up files, and the samples that become of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from orca_local.domain.types import Sample
from orca_local.tasks.columns.mapping import Mapping
from orca_local.tasks.import_request import ImportRequest
from orca_local.tasks.mapping import plan_mapping
from orca_local.tasks.record import parse_record
from orca_local.tasks.sources.base import Problem, Record

Row = dict[str, Any]
NO_REQUEST = ImportRequest()


def made(row: Callable[[int], Row], count: int = 30) -> list[Row]:
    """Rows that a function makes of their numbers."""
    return [row(number) for number in range(count)]


def plan(rows: Sequence[Row], request: ImportRequest = NO_REQUEST, file: str = "data/made.jsonl") -> Mapping:
    """The map of a file with these rows."""
    return plan_mapping([Record(file, line, row) for line, row in enumerate(rows, 1)], request, file)


def sample_of(mapping: Mapping, row: Row, line: int = 1) -> Sample | list[str]:
    """The sample that a row becomes, or what is wrong with it."""
    items = list(mapping.map_rows([Record("made.jsonl", line, row)]))
    if isinstance(items[0], Record):
        return parse_record(items[0].values, resplit=False)
    return [item.message for item in items if isinstance(item, Problem)]


def good_samples(rows: Sequence[Row], request: ImportRequest = NO_REQUEST) -> list[Sample]:
    """The samples of rows that must all be good."""
    samples = []
    for item in plan(rows, request).map_rows(Record("made.jsonl", line, row) for line, row in enumerate(rows, 1)):
        assert isinstance(item, Record), item
        sample = parse_record(item.values, resplit=False)
        assert isinstance(sample, Sample), sample
        samples.append(sample)
    return samples
