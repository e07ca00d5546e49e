"""CSV and TSV: separators, encodings, quotes, and what is wrong with a file."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.tasks.import_request import DEFAULT_OPTIONS, ReadOptions
from orca_local.tasks.sources import delimited
from orca_local.tasks.sources.base import Problem, Record
from orca_local.tasks.sources.delimited import read_delimited

HEADER = ["id", "task", "kind", "prompt", "answer"]
ROWS = [["1", "sums", "number", "What is 2 + 3?", "5"], ["2", "sums", "number", 'Say "4, 5; |\t"\nor\r\n6', "9"]]
EXPECTED = [(number, dict(zip(HEADER, row, strict=True))) for number, row in zip((2, 3), ROWS, strict=True)]


def zipped(content: bytes) -> bytes:
    """Compressed without the time, so that every process has tests of the same names."""
    return gzip.compress(content, mtime=0)


def written(separator: str = ",", line_end: str = "\n", rows: list[list[str]] = ROWS) -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=separator, lineterminator=line_end).writerows([HEADER, *rows])
    return file.getvalue()


def read(
    tmp_path: Path, content: str | bytes, options: ReadOptions = DEFAULT_OPTIONS
) -> tuple[list[tuple[int, dict[str, Any]]], list[str]]:
    path = tmp_path / "tasks.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    items = list(read_delimited(str(path), options))
    records = [(item.line, item.values) for item in items if isinstance(item, Record)]
    return records, [str(item).removeprefix(f"{path}:") for item in items if isinstance(item, Problem)]


@pytest.mark.parametrize("separator", delimited.SEPARATORS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_every_separator_and_encoding_gives_the_same_records(
    tmp_path: Path, separator: str, line_end: str, encoding: str
) -> None:
    content = written(separator, line_end).encode(encoding)
    assert read(tmp_path, content) == (EXPECTED, [])
    assert read(tmp_path, gzip.compress(content)) == (EXPECTED, [])


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (written().rstrip(), EXPECTED),
        ("\n \n".replace(" ", "") + written(), [(line + 2, values) for line, values in EXPECTED]),
        (written().replace("\n1,", "\n\n\n1,"), [(line + 2, values) for line, values in EXPECTED]),
        (f"sep=;\n{written(';')}", [(line + 1, values) for line, values in EXPECTED]),
        ("id,prompt,,\n1,What?\t,,\n", [(2, {"id": "1", "prompt": "What?\t"})]),
        ("id,prompt\n1,\n", [(2, {"id": "1", "prompt": None})]),
        ("id,labels\n1,red | blue\n", [(2, {"id": "1", "labels": ["red", "blue"]})]),
        ('id,labels\n1,"[""a"", ""b|c""]"\n', [(2, {"id": "1", "labels": ["a", "b|c"]})]),
        ("prompt\nWhat?\n", [(2, {"prompt": "What?"})]),
        ('id;preis\n1;3,5\n2;"4,5"\n', [(2, {"id": "1", "preis": "3,5"}), (3, {"id": "2", "preis": "4,5"})]),
        ("0,1\nWhat?,3\n", [(2, {"0": "What?", "1": "3"})]),
        ("question,1,2,answer\nWhich?,a,b,2\n", [(2, {"question": "Which?", "1": "a", "2": "b", "answer": "2"})]),
    ],
    ids=[
        *("no last break", "blank first", "blank", "sep=", "empty columns", "empty cell", "labels", "array"),
        *("one column", "decimals", "pandas", "options"),
    ],
)  # fmt: skip
def test_forms_that_programs_write(tmp_path: Path, content: str, records: list[Any]) -> None:
    assert read(tmp_path, content) == (records, [])


@pytest.mark.parametrize(
    ("content", "good", "message"),
    [
        ("", 0, None),
        ("id,prompt\n", 0, " holds no samples: no row follows the header"),
        ("id,,prompt\n1,2,3\n", 0, " has no name for column 2: write one into the first line, or remove the column"),
        (",prompt\n1,2\n", 0, " has no name for column 1"),
        ("id,prompt,id\n1,2,3\n", 0, " has two columns named 'id' (1 and 3): rename one of them"),
        ("1,sums,number,What is 2 + 3?,5\n", 0, " has no header: its first row has the cell '1'; write the names"),
        ("id,prompt\n1,a,b\n2,c\n", 1, "2: the row has 3 cells, but the header has 2"),
        ("id,prompt\n1,a\n2\n", 1, "3: the row has 1 cell, but the header has 2: 'prompt' is missing"),
        ("id,prompt\n1,a\nid,prompt\n2,b\n", 2, "3: repeats the header: remove this line"),
        ('id,prompt\n1,a\n2,"b\n3,c\n', 1, "3: the quote that opens cell 2 is never closed: close"),
        ('id,prompt\n"1\n",a\n"2\n","b\n3,c\n', 1, "5: the quote that opens cell 2 is never closed"),
        ('id,prompt\n1,"a" b\n2,c\n', 1, "2: text follows the quote that closes cell 2: write a quote in a text"),
        ('id,prompt\n1,"a\nb\n2,"c\n3,d\n', 1, "2: text follows the quote that closes cell 2 in line 4: write a quote"),
        ('id,"a" b\n1,2\n', 0, " has a header that cannot be read: text follows the quote that closes cell 2: write"),
        ("id,prompt\n1,a\0\n", 0, " holds a NUL byte: is it a text file?"),
        (b"id,prompt\n1,a\n2,\xff\xfe\x81\n", 0, " is not UTF-8: byte 0xff in line 3; save the file as UTF-8 text"),
        (b"id,prompt\r\n1,a\r2,b\x85c\n\xffd,e\n", 0, " is not UTF-8: byte 0x85 in line 3"),
        (b"id,prompt\n1,a\n\xffd,e\n", 0, " is not UTF-8: byte 0xff in line 3"),
        (",,\n1,2,3\n", 0, " has no header: the cells of its first row are empty"),
        (written().encode("utf-16-le"), 0, " is UTF-16, not UTF-8: save it as UTF-8 text, or add --encoding utf-16-le"),
        ("id,prompt\n1,a\n".encode("utf-16") + b"\0", 1, " is not UTF-16: byte 0x00 in line 3; give its encoding"),
        (zipped(written().encode())[:-12], 0, " cannot be decompressed to its end, because it is cut off"),
        (zipped(b"id\n1\n")[:-8] + b"\0" * 8, 0, " cannot be decompressed to its end, because it is damaged"),
        (zipped(zipped(b"\0" * 99)), 0, " is compressed with gzip twice, not text: decompress it"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place_and_a_remedy(
    tmp_path: Path, content: str | bytes, good: int, message: str | None
) -> None:
    records, problems = read(tmp_path, content)
    assert len(records) == good
    assert len(problems) == (message is not None)
    assert message is None or problems[0].startswith(message)


def test_cp1252_is_offered_with_the_word_and_read_when_it_is_asked_for(tmp_path: Path) -> None:
    content = ("id,prompt\n" + "1,a\n" * 5000 + "café-crème,un café crème\n").encode("cp1252")
    _, problems = read(tmp_path, content)
    assert problems == [
        " is not UTF-8: byte 0xe9 in line 5002; save the file as UTF-8 text, or add --encoding cp1252 if it is meant "
        "to read 'café-crème'"
    ]
    records, problems = read(tmp_path, content, ReadOptions(encoding="cp1252"))
    assert (records[-1], problems) == ((5002, {"id": "café-crème", "prompt": "un café crème"}), [])


def test_an_order_of_bytes_that_is_asked_for_may_be_marked_too(tmp_path: Path) -> None:
    for content in (written().encode("utf-16-le"), ("\ufeff" + written()).encode("utf-16-le")):
        assert read(tmp_path, content, ReadOptions(encoding="UTF-16LE")) == (EXPECTED, [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "idna", "punycode"])
def test_an_encoding_that_does_not_fit_is_a_problem_of_the_file(tmp_path: Path, encoding: str) -> None:
    _, problems = read(tmp_path, "id,prompt\n1,a\n", ReadOptions(encoding=encoding))
    assert len(problems) == 1
    assert "--encoding" in problems[0]


def test_a_separator_that_is_asked_for_is_used(tmp_path: Path) -> None:
    assert read(tmp_path, "id~prompt\n1~a,b\n", ReadOptions(separator="~")) == ([(2, {"id": "1", "prompt": "a,b"})], [])


def test_quotes_that_are_ordinary_characters(tmp_path: Path) -> None:
    content = 'id\tprompt\n1\t"Yes" he said\n2\t"\n3\t6" nails\n'
    _, problems = read(tmp_path, content)
    assert len(problems) == 2 and all("or add --no-quotes if quotes are ordinary" in problem for problem in problems)
    records, problems = read(tmp_path, content, ReadOptions(has_quotes=False))
    assert ([values["prompt"] for _, values in records], problems) == (['"Yes" he said', '"', '6" nails'], [])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('2,"' + "x" * 2000 + '"', "3: the text that a quote opens in cell 2 goes on for more than"),
        ('2,"' + "\n" * 150, "3: the text that a quote opens in cell 2 goes on for more than"),
        ('2,"' + "x\n" * 1000, "3: the text that a quote opens in cell 2 goes on for more than"),
        ("2," + "x" * 2000, "3: the row has more than"),
        ('2,"a","' + "x," * 1000, "3: the text that a quote opens in cell 3"),
    ],
)
def test_a_row_without_end_is_not_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str, message: str
) -> None:
    monkeypatch.setattr(delimited, "MAX_ROW_CHARACTERS", 500)
    monkeypatch.setattr(delimited, "MAX_ROW_LINES", 100)
    records, problems = read(tmp_path, f"id,prompt\n1,a\n{row}\n3,c\n")
    assert [line for line, _ in records] == [2]
    assert len(problems) == 1 and problems[0].startswith(message)
    assert "nothing after it was read" in problems[0]


cells = st.text(st.sampled_from('ab ,;|\t"\n\ré\u2028'), max_size=6)


@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=5), st.sampled_from(delimited.SEPARATORS))
def test_what_the_csv_module_writes_is_read(rows: list[list[str]], separator: str) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([["id", "a", "b"], *rows])
    lines = delimited._Rows(io.StringIO(file.getvalue(), newline=""), separator, 0)
    assert [found for _, found in lines][1:] == rows
