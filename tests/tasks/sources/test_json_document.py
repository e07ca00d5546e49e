"""Task files that are one JSON document: arrays and objects over several lines."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orca_local.tasks.import_request import DEFAULT_OPTIONS
from orca_local.tasks.read import read_tasks
from orca_local.tasks.sources import json_window, jsonl
from orca_local.tasks.sources.base import Problem, Record


def record(number: int) -> dict[str, Any]:
    return {"id": f"s{number}", "task": "sums", "kind": "number", "prompt": f"What is {number} + 1?", "answer": number}


RECORDS = [record(number) for number in range(3)]
PRETTY = json.dumps(RECORDS, indent=2)


def read(tmp_path: Path, content: str | bytes, name: str = "tasks.json") -> tuple[list[tuple[str, int]], list[str]]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = read_tasks(path)
    return (
        [(entry.sample.id, entry.line) for entry in result.entries],
        [str(problem).removeprefix(f"{path}:") for problem in result.problems],
    )


@pytest.mark.parametrize("name", ["tasks.json", "tasks.jsonl", "tasks"])
@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (PRETTY, [2, 9, 16]),
        (json.dumps(RECORDS), [1, 2, 3]),
        ("\ufeff" + PRETTY, [2, 9, 16]),
        ("\n \n" + PRETTY.replace("\n", "\r\n") + "\r\n\r\n", [4, 11, 18]),
        ("[\n" + ",\n".join(map(json.dumps, RECORDS)) + "\n]\n", [2, 3, 4]),
        ("\n".join(json.dumps(one, indent=2) for one in RECORDS), [1, 8, 15]),
        ("".join(json.dumps(one, indent=2) for one in RECORDS), [1, 7, 13]),
        ("\n".join(map(json.dumps, RECORDS)), [1, 2, 3]),
        ("\n\n" + "\n\n".join(map(json.dumps, RECORDS)), [3, 5, 7]),
        (json.dumps({"version": [1], "data": RECORDS, "more": {}}, indent=2), [6, 13, 20]),
        (json.dumps({"data": RECORDS}), [1, 2, 3]),
        (json.dumps({"version": "1", "examples": RECORDS}), [1, 2, 3]),
        (PRETTY.encode("utf-16"), [2, 9, 16]),
        (PRETTY.encode("utf-32"), [2, 9, 16]),
        (gzip.compress(PRETTY.encode(), mtime=0), [2, 9, 16]),
        (gzip.compress("\n".join(map(json.dumps, RECORDS)).encode("utf-16"), mtime=0), [1, 2, 3]),
    ],
    ids=[
        *("pretty", "one line", "mark", "crlf", "rows", "objects", "objects without breaks", "lines", "blank lines"),
        *("data", "data on one line", "examples", "utf-16", "utf-32", "gzip", "gzip of lines"),
    ],
)
def test_each_form_gives_the_same_samples(tmp_path: Path, name: str, content: str | bytes, lines: list[int]) -> None:
    assert read(tmp_path, content, name) == ([("s0", lines[0]), ("s1", lines[1]), ("s2", lines[2])], [])


@pytest.mark.parametrize(
    ("content", "good", "message"),
    [
        (PRETTY[:-2] + ",\n]", 3, "23: a comma follows the last object: remove it"),
        (PRETTY[:-1], 3, "23: not JSON: the array does not end: a ] is missing"),
        (PRETTY.replace("},", "}", 1), 1, "9: not JSON: a comma is missing here"),
        ('{"data": ' + PRETTY, 3, "23: not JSON: the object around the array does not end: a } is missing"),
        (PRETTY + "]", 3, "23: not JSON: text follows the end of the array"),
        (PRETTY.replace('"answer": 1', '"answer": 1,'), 1, "15: not JSON: "),
        (PRETTY.replace('"answer": 1', '"answer": NaN'), 1, "9: not JSON that can be read: NaN is not a JSON number"),
        (PRETTY.replace('"answer": 1', '"answer": 1e400'), 1, "9: not JSON that can be read: the number 1e400"),
        (PRETTY.replace('"answer": 1', '"answer": ' + "1" * 5000), 1, "9: not JSON that can be read: a number of 5000"),
        ("[,]", 0, "1: not JSON: Expecting value at column 2"),
        ("[", 0, "1: not JSON: Expecting value at column 2"),
        ("[]", 0, " holds no samples: it is empty"),
        ("[\n7\n]", 0, "2: must hold JSON objects, not a JSON number"),
        ("[" * 100_000, 0, "1: not JSON that can be read: its values are nested too deeply"),
        (PRETTY.encode("utf-16-be"), 0, " is UTF-16, not UTF-8: save it as UTF-8 text"),
        (b"[\n" + PRETTY.encode() + b"\xff]", 0, " is not UTF-8: byte 0xff"),
        ("[\n\0]", 0, " holds a NUL byte"),
        ("\n".join(f"{json.dumps(one)}," for one in RECORDS[:1]), 0, "1: a comma follows the object: remove it"),
        ('{"id": "s0",\n' + json.dumps(RECORDS[1]), 1, "1: not JSON: Expecting property name"),
    ],
)
def test_a_fault_is_named_with_its_line_and_what_is_before_it_is_read(
    tmp_path: Path, content: str | bytes, good: int, message: str
) -> None:
    samples, problems = read(tmp_path, content)
    assert len(samples) == good
    assert len(problems) == 1
    assert problems[0].startswith(message)


def test_objects_over_several_lines_that_are_too_large_for_memory_name_the_form_that_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "MAX_DOCUMENT_BYTES", 100)
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 50)
    _, problems = read(tmp_path, "\n".join(json.dumps(one, indent=2) for one in RECORDS))
    assert len(problems) == 1 and "write one object a line instead" in problems[0]
    assert read(tmp_path, PRETTY)[1] == []


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_window, "_BLOCK_BYTES", 7)
    monkeypatch.setattr(jsonl, "HEAD_BYTES", 7)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("indent", [None, 1])
def test_an_array_is_read_in_blocks_of_any_size(tmp_path: Path, indent: int | None) -> None:
    records = [{"id": "é€𝄞", "n": [1.5e3, -0.25, 12345678, True, None], "text": 'a "b"\n\u00e9' * 9, "x": {}}] * 5
    for ascii_only in (True, False):
        text = json.dumps(records, indent=indent, ensure_ascii=ascii_only)
        path = tmp_path / "tasks.json"
        path.write_text(text, encoding="utf-8")
        items = list(jsonl.read_jsonl(str(path), DEFAULT_OPTIONS))
        assert [item.values for item in items if isinstance(item, Record)] == records
        assert [item.line for item in items] == ([1, 2, 3, 4, 5] if indent is None else [2, 14, 26, 38, 50])


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    ("content", "good", "message"),
    [
        ('[{"a": 1}, {"a": tru}]', 1, "1: not JSON: Expecting value at column 18"),
        ('[\n{"a": 1},\n  {"a": "x" "b": 2}\n]', 1, "3: not JSON: Expecting ',' delimiter at column 13"),
        ('[{"a": 1}' + " " * 50, 1, "1: not JSON: the array does not end: a ] is missing"),
        ('[\n{"a": 1},\n{"a": "' + "x" * 500, 1, "3: the value that begins here goes on for more than"),
    ],
)
def test_a_fault_in_a_later_block_has_its_line_and_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, good: int, message: str
) -> None:
    monkeypatch.setattr(json_window, "MAX_ITEM_CHARACTERS", 100)
    path = tmp_path / "tasks.json"
    path.write_text(content, encoding="utf-8")
    items = list(jsonl.read_jsonl(str(path), DEFAULT_OPTIONS))
    problems = [str(item).removeprefix(f"{path}:") for item in items if isinstance(item, Problem)]
    assert (len(items) - len(problems), len(problems)) == (good, 1)
    assert problems[0].startswith(message)


@pytest.mark.slow
def test_a_large_array_takes_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "tasks.json.gz"
    one = json.dumps({"id": "a", "prompt": "x" * 100_000}).encode()
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"[" + b",".join([one] * 1500) + b"]")
    script = (
        "import resource, sys; from orca_local.tasks.import_request import DEFAULT_OPTIONS\n"
        "from orca_local.tasks.sources.jsonl import read_jsonl\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(sum(1 for _ in read_jsonl(sys.argv[1], DEFAULT_OPTIONS)))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    result = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    count, grown = map(int, result.stdout.split())
    assert count == 1500
    assert grown * (1 if sys.platform == "darwin" else 1024) < 20_000_000


def test_objects_side_by_side_in_a_line_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "one_line.json"
    path.write_text(json.dumps([{"n": n} for n in range(4)] + [7]))
    items = list(jsonl.read_jsonl(str(path), DEFAULT_OPTIONS))
    assert [item.line for item in items] == [1, 2, 3, 4, 5] and isinstance(items[-1], Problem)
    path.write_text('{"data":\n\n[{"n": 1}, {"n": 2}]}')
    assert [item.line for item in jsonl.read_jsonl(str(path), DEFAULT_OPTIONS)] == [3, 4]
