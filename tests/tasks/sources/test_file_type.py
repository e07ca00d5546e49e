"""Files that are no text: each is named, with what to do."""

from __future__ import annotations

import bz2
import io
import lzma
import pickle
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import pytest

from orca_local.tasks.read import read_tasks
from orca_local.tasks.sources.file_type import foreign_type


def zipped(*names: str, first: str = "[Content_Types].xml", content: str = "x") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in (first, *names):
            archive.writestr(name, content)
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("tasks.jsonl"))
    return file.getvalue()


def database(directory: Path) -> bytes:
    path = directory / "a.db"
    sqlite3.connect(path).execute("CREATE TABLE a (b)").connection.close()
    return path.read_bytes()


@pytest.mark.parametrize("name", ["tasks.csv", "tasks.tsv", "tasks.jsonl", "tasks.json", "tasks"])
def test_each_type_is_one_problem_with_a_remedy(tmp_path: Path, name: str) -> None:
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    types = {
        zipped("xl/workbook.xml"): "is an Excel workbook, not text: save the sheet as CSV UTF-8",
        zipped("word/document.xml"): "is a Word document, not text: ",
        zipped(first="mimetype", content=mimetype): "is an OpenDocument spreadsheet, not text: save the sheet as CSV",
        zipped("tasks.csv"): "is a zip archive, not text: decompress it",
        tarred(): "is a tar archive, not text: decompress it",
        bz2.compress(b"id,prompt\n"): "is compressed with bzip2, not text: decompress it",
        lzma.compress(b"id,prompt\n"): "is compressed with xz, not text: decompress it",
        b"\x28\xb5\x2f\xfd\x04\x00": "is compressed with Zstandard, not text: decompress it",
        b"PAR1\x15\x04\x15": "is a Parquet file, not text: give it a name that ends in .parquet",
        b"ARROW1\0\0": "is an Arrow file, not text: write it as Parquet",
        database(tmp_path): "is an SQLite database, not text: export its rows as CSV or JSON Lines",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "is an old Excel or Word file, not text: save it as CSV UTF-8",
        pickle.dumps([1]): "is a Python pickle, not text: export its rows",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\x00": "is a PDF file, not text: ",
        b"GGUF\x03\0\0\0": "is a model in GGUF, not text: give a task file",
        b"\n<!doctype HTML>\n<p>Sign in</p>": "is a web page, not the file itself: download it again",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n": "is a pointer of Git LFS, not the file itself",
    }
    for content, message in types.items():
        path = tmp_path / name
        path.write_bytes(content)
        result = read_tasks(path)
        assert result.entries == ()
        assert [str(problem)[: len(f"{path}: {message}")] for problem in result.problems] == [f"{path}: {message}"]


@pytest.mark.parametrize(
    "text", ["PAR1,x\n", "BZh,y\n", "GGUF;z\n", "PK\tq\n", '{"html": "<html>"}', "%PDF-1,a\n", "Rar!\n", "ARROW1\n", ""]
)
def test_a_text_that_begins_like_one_is_a_text(text: str) -> None:
    assert foreign_type(text.encode()) == ""
