"""The source is chosen by the name of the file."""

from __future__ import annotations

import pytest

from orca_local.tasks.sources import jsonl
from orca_local.tasks.sources.table import PACKED_SUFFIXES, SOURCES, SUFFIXES, find_source


@pytest.mark.parametrize("location", ["tasks.jsonl", "a/TASKS.JSONL", "tasks.ndjson", "tasks", "tasks.txt", "-"])
def test_json_lines_are_read_from_a_file_of_any_other_name(location: str) -> None:
    assert find_source(location) is jsonl.SOURCE


def test_compressed_text_files_are_files_too() -> None:
    assert ".csv.gz" in PACKED_SUFFIXES and ".parquet.gz" not in PACKED_SUFFIXES
    assert all(find_source(f"a{suffix}") is find_source(f"a{suffix[:-3]}") for suffix in PACKED_SUFFIXES)


def test_each_suffix_belongs_to_one_source() -> None:
    assert len(set(SUFFIXES)) == len(SUFFIXES)
    for source in SOURCES:
        assert all(find_source(f"tasks{suffix}") is source for suffix in source.suffixes)
