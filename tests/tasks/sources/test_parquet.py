"""Parquet: what becomes of each type, and what is wrong with a file."""

from __future__ import annotations

import gzip
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from orca_local.domain.errors import MissingError
from orca_local.tasks.import_request import DEFAULT_OPTIONS, ReadOptions
from orca_local.tasks.sources import parquet as source
from orca_local.tasks.sources.base import Problem, Record
from orca_local.tasks.sources.parquet import read_parquet, read_parquet_file

ROWS = [{"id": str(number), "prompt": f"What is {number} + 1?", "answer": number + 1} for number in range(10)]


def write(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    parquet.write_table(pyarrow.table(columns), path, **options)
    return path


def write_rows(path: Path, **options: Any) -> Path:
    return write(path, {key: [row[key] for row in ROWS] for key in ROWS[0]}, **options)


def read(path: Path) -> tuple[list[tuple[int, dict[str, Any]]], list[str]]:
    items = list(read_parquet(str(path), DEFAULT_OPTIONS))
    records = [(item.line, item.values) for item in items if isinstance(item, Record)]
    return records, [str(item).removeprefix(f"{path}: ") for item in items if isinstance(item, Problem)]


@pytest.mark.parametrize("row_group_size", [1, 3, 100])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_rows_of_every_row_group_are_numbered(tmp_path: Path, row_group_size: int, compression: str) -> None:
    path = write_rows(tmp_path / "a.parquet", row_group_size=row_group_size, compression=compression)
    assert read(path) == (list(enumerate(ROWS, 1)), [])


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (pyarrow.array(["a", None]), ["a", None]),
        (pyarrow.array(["a", None], pyarrow.large_string()), ["a", None]),
        (pyarrow.array(["a", "a"]).dictionary_encode(), ["a", "a"]),
        (pyarrow.array([b"caf\xc3\xa9", None]), ["café", None]),
        (pyarrow.array([1, None]), [1, None]),
        (pyarrow.array([2**64 - 1], pyarrow.uint64()), [2**64 - 1]),
        (pyarrow.array([1.5, float("nan"), None]), [1.5, None, None]),
        (pyarrow.array([1.5], pyarrow.float16()), [1.5]),
        (pyarrow.array([True, None]), [True, None]),
        (pyarrow.array([None, None], pyarrow.null()), [None, None]),
        (pyarrow.array([Decimal("1234.50"), None]), ["1234.50", None]),
        (pyarrow.array([date(2024, 2, 29), None]), ["2024-02-29", None]),
        (pyarrow.array([datetime(2024, 2, 29, 12, 5)], pyarrow.timestamp("s")), ["2024-02-29 12:05:00.000"]),
        (pyarrow.array([1], pyarrow.timestamp("ns")), ["1970-01-01 00:00:00.000000001"]),
        (
            pyarrow.array([datetime(2024, 2, 29, tzinfo=UTC)], pyarrow.timestamp("s", "UTC")),
            ["2024-02-29 00:00:00.000Z"],
        ),
        (pyarrow.array([time(12, 5)]), ["12:05:00.000000"]),
        (pyarrow.array([timedelta(seconds=90)]), ["0:01:30"]),
        (pyarrow.array([["a", "b"], [], None]), [["a", "b"], [], None]),
        (pyarrow.array([[date(2024, 2, 29)], [None]]), [["2024-02-29"], [None]]),
        (pyarrow.array([{"role": "user", "content": "Hi"}]), [{"role": "user", "content": "Hi"}]),
        (
            pyarrow.array([[{"text": ["A"], "n": Decimal("1.0")}]]),
            [[{"text": ["A"], "n": "1.0"}]],
        ),
        (pyarrow.array([[("k", 1)], []], pyarrow.map_(pyarrow.string(), pyarrow.int64())), [{"k": 1}, []]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pyarrow.Array) else "",
)
def test_values_become_those_of_json(tmp_path: Path, column: pyarrow.Array, values: list[Any]) -> None:
    records, problems = read(write(tmp_path / "a.parquet", {"x": column}))
    assert ([record["x"] for _, record in records], problems) == (values, [])
    json.dumps(values)


def test_numbers_of_classes_become_their_names(tmp_path: Path) -> None:
    features = {
        "label": {"names": ["negative", "positive"], "_type": "ClassLabel"},
        "n": {"dtype": "int64", "_type": "Value"},
    }
    table = pyarrow.table({"label": [1, 0, -1, None, 7], "n": [1, 2, 3, 4, 5]})
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    parquet.write_table(table, tmp_path / "a.parquet")
    records, _ = read(tmp_path / "a.parquet")
    assert [record["label"] for _, record in records] == ["positive", "negative", None, None, 7]
    assert [record["n"] for _, record in records] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("column", [[b"\xff\xd8"], [{"bytes": b"\xff\xd8", "path": "a.jpg"}], [[b"a"]]])
def test_bytes_are_refused_with_their_column(tmp_path: Path, column: list[Any]) -> None:
    records, problems = read(write(tmp_path / "a.parquet", {"id": ["a"], "image": column}))
    assert records == []
    (problem,) = problems
    assert problem.startswith(
        "has a column 'image' that cannot be read: it holds bytes, not texts; write the file with"
    )


def damaged(path: Path) -> bytes:
    data = bytearray(write_rows(path, compression="none", use_dictionary=False).read_bytes())
    data[20:60] = b"\xff" * 40
    return bytes(data)


def test_each_fault_is_one_problem_of_the_file(tmp_path: Path) -> None:
    good = write_rows(tmp_path / "good.parquet").read_bytes()
    sqlite3.connect(tmp_path / "a.db").execute("CREATE TABLE a (b)").connection.close()
    faults = {
        b"": "holds no samples: it is empty",
        good[:-20]: "is cut off: the end of a Parquet file is missing",
        good[:4] + b"\0" * 50 + good[-4:]: "is damaged, or of a form that pyarrow cannot read (",
        damaged(tmp_path / "x.parquet"): "is damaged, or of a form that pyarrow cannot read (",
        good[:-4] + b"PARE": "is encrypted: write it without encryption",
        gzip.compress(good): "is compressed with gzip: decompress it",
        b"id,prompt\n1,a\n": "is no Parquet file: if it is text, give it a name that ends in .csv or .jsonl",
        (tmp_path / "a.db").read_bytes(): "is an SQLite database, not Parquet: export its rows",
        b"<!DOCTYPE html><html>": "is a web page, not the file itself: download it again",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n": "is a pointer of Git LFS, not the file itself",
    }
    for number, (content, message) in enumerate(faults.items()):
        path = tmp_path / f"{number}.parquet"
        path.write_bytes(content)
        _, problems = read(path)
        assert len(problems) == 1 and problems[0].startswith(message), (message, problems)


def test_a_table_without_rows_and_one_with_a_column_twice(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.parquet", {"id": pyarrow.array([], pyarrow.string())})) == (
        [],
        ["holds no samples: it has no rows"],
    )
    table = pyarrow.Table.from_arrays([pyarrow.array([1]), pyarrow.array([2])], names=["id", "id"])
    parquet.write_table(table, tmp_path / "b.parquet")
    assert read(tmp_path / "b.parquet") == ([], ["has two columns named 'id': rename one of them"])


def test_a_missing_file_a_directory_and_a_pipe(tmp_path: Path) -> None:
    assert read(tmp_path / "none.parquet")[1] == ["there is no such file"]
    assert read(tmp_path)[1] == ["is a directory, not a file"]
    os.mkfifo(tmp_path / "pipe.parquet")
    assert read(tmp_path / "pipe.parquet")[1] == [
        "is a pipe, but Parquet is read from its end: write it to a file first"
    ]


class Recorded(io.BytesIO):
    """A file that knows which parts of it were read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.places: list[tuple[int, int]] = []

    def read(self, size: int | None = -1) -> bytes:
        start = self.tell()
        data = super().read(size)
        self.places.append((start, start + len(data)))
        return data


def test_a_limit_reads_no_further_row_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_HEAD_BYTES", 4)
    texts = [f"{number}".zfill(1000) for number in range(1000)]
    path = write(tmp_path / "a.parquet", {"id": texts}, row_group_size=100, compression="none", use_dictionary=False)
    file = Recorded(path.read_bytes())
    items = read_parquet(str(path), ReadOptions(open_file=lambda _: file))
    assert [next(items) for _ in range(3)] and isinstance(items, Iterator)
    assert max(end for start, end in file.places if start < 900_000) < 200_000
    items.close()  # type: ignore[attr-defined]
    assert file.closed


def test_what_opening_the_file_raises_is_not_taken_for_damage(tmp_path: Path) -> None:
    class Gone(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() < 4 < len(self.getvalue()) and size != source._HEAD_BYTES:
                raise MissingError("the hub is gone", hint="later")
            return super().read(size)

    data = write_rows(tmp_path / "a.parquet").read_bytes()
    with pytest.raises(MissingError, match="the hub is gone"):
        list(read_parquet_file("a", Gone(data)))
    with pytest.raises(OSError, match="no disk"):
        list(read_parquet_file("a", Failing(data)))


class Failing(io.BytesIO):
    """A file on a disk that fails."""

    def read(self, size: int | None = -1) -> bytes:
        if size != source._HEAD_BYTES and self.tell() < 100:
            raise OSError(5, "no disk")
        return super().read(size)


def test_progress_adds_up_to_the_columns(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.parquet", row_group_size=3)
    done: list[int] = []
    assert len(list(read_parquet(str(path), ReadOptions(on_read=done.append)))) == 10
    assert 0 < sum(done) < path.stat().st_size


def test_without_pyarrow_the_package_to_install_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_rows(tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingError) as caught:
        read(path)
    assert caught.value.hint == 'pip install "orca-local[parquet]"'


@pytest.mark.parametrize(
    "names", ["{", "[" * 5000, '{"info": 3}', '{"info": {"features": {"x": {"_type": "ClassLabel", "names": "ab"}}}}']
)
def test_names_of_classes_that_cannot_be_read_are_none(tmp_path: Path, names: str) -> None:
    table = pyarrow.table({"x": [1, 0]}).replace_schema_metadata({"huggingface": names})
    parquet.write_table(table, tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet")[0] == [(1, {"x": 1}), (2, {"x": 0})]


def test_a_cell_that_is_too_large_is_skipped_with_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_CELL_BYTES", 5000)
    texts = ["a", "b" * 6_000, "c", "d" * 4_000]
    records, problems = read(write(tmp_path / "a.parquet", {"id": [1, 2, 3, 4], "text": texts}))
    assert [(line, len(values["text"])) for line, values in records] == [(1, 1), (3, 1), (4, 4000)]
    (problem,) = problems
    assert problem.endswith("a.parquet:2: the cell of column 'text' has 0 MB, more than 0: shorten it")


def test_a_text_that_is_no_utf_8_is_named_with_its_column(tmp_path: Path) -> None:
    column = pyarrow.Array.from_buffers(pyarrow.string(), 1, pyarrow.array([b"caf\xe9"], pyarrow.binary()).buffers())
    records, (problem,) = read(write(tmp_path / "a.parquet", {"x": column}))
    assert records == []
    assert problem.startswith(
        "has a column 'x' that cannot be read: near row 1 it holds a text that is not UTF-8; write"
    )


def test_one_text_in_very_many_rows_takes_bounded_memory(tmp_path: Path) -> None:
    table = pyarrow.table({"x": pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 2000), ["x" * 1_000_000])})
    parquet.write_table(table, tmp_path / "a.parquet")
    script = (
        "import resource, sys; from orca_local.tasks.import_request import DEFAULT_OPTIONS\n"
        "from orca_local.tasks.sources.parquet import read_parquet\n"
        "import pyarrow.parquet\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(sum(1 for _ in read_parquet(sys.argv[1], DEFAULT_OPTIONS)))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a.parquet")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    count, grown = map(int, result.stdout.split())
    assert count == 2000
    assert grown * (1 if sys.platform == "darwin" else 1024) < 300_000_000


@pytest.mark.parametrize(
    "column",
    [
        pyarrow.array([2**62], pyarrow.duration("s")),
        pyarrow.array([[2**62]], pyarrow.list_(pyarrow.timestamp("us"))),
        pyarrow.array([[2**30]], pyarrow.list_(pyarrow.date32())),
    ],
)
def test_times_that_python_does_not_have_are_a_problem_of_their_column(tmp_path: Path, column: Any) -> None:
    records, problems = read(write(tmp_path / "a.parquet", {"prompt": column}))
    assert (records, len(problems)) == ([], 1)
    assert problems[0].startswith("has a column 'prompt' that cannot be read: ")
    assert problems[0].endswith("; write the file without it")
