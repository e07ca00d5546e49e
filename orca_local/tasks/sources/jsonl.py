"""JSON: one object a line (JSON Lines), or one document, which is an array of objects or objects over several lines.

For example `{"id": "s-1", "task": "sums", "kind": "number", "prompt": "What is 2 + 3?", "answer": 5}`
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from orca_local.domain.input_file import UnreadableError, encoding_problem, open_input
from orca_local.domain.json_text import parse_json
from orca_local.tasks.sources.base import Problem, Record, Source
from orca_local.tasks.sources.json_document import json_type, read_array, read_objects

MAX_LINE_BYTES = 10_000_000
"""A longer line is reported and skipped; it is never in memory as a whole."""
MAX_DOCUMENT_BYTES = 200_000_000
"""Limit of a document, which is in memory as a whole."""


def read_jsonl(location: str) -> Iterator[Record | Problem]:
    """Yield the record of every object of a JSON file, and a problem for every line that holds none."""
    try:
        with open_input(Path(location)) as file:
            yield from _read(location, file)
    except UnreadableError as error:
        yield Problem(location, 0, error.reason)
    except OSError as error:
        yield Problem(location, 0, f"cannot be read: {error.strerror}")


def _read(location: str, file: BinaryIO) -> Iterator[Record | Problem]:
    blank = 0
    for number, line in _lines(file):
        if line is not None and not line.strip():
            blank = number
            continue
        if line is not None:
            if encoding_problem(line[:4]).startswith("is UTF-16"):
                yield Problem(location, 0, "is UTF-16, not UTF-8: save it as UTF-8 text")
                return
            if _begins_document(line):
                data = b"\n" * blank + line + file.read(MAX_DOCUMENT_BYTES)
                yield from _read_document(location, data, is_whole=not file.read(1))
                return
        yield from _read_lines(location, [(number, line)])
        yield from _read_lines(location, _lines(file, number))
        return


def _read_document(location: str, data: bytes, *, is_whole: bool) -> Iterator[Record | Problem]:
    if not is_whole:
        limit = f"{MAX_DOCUMENT_BYTES // 1_000_000} MB"
        yield Problem(location, 0, f"holds one JSON value of more than {limit}: write one object a line instead")
        return
    if problem := encoding_problem(data):
        yield Problem(location, 0, f"{problem}; save it as UTF-8 text")
        return
    text = data.decode("utf-8-sig")
    if text.lstrip().startswith("["):
        yield from read_array(location, text)
    elif (records := read_objects(location, text)) is not None:
        yield from records
    else:  # lines of objects, of which the first is cut off
        yield from _read_lines(location, _lines(io.BytesIO(data)))


def _begins_document(line: bytes) -> bool:
    """Whether a file with this first line is an array, or holds an object that goes on in the next line."""
    text = line.decode("utf-8-sig", "replace").rstrip()
    if text.startswith("["):
        return True
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return text.startswith("{") and error.pos >= len(text)
    except (ValueError, RecursionError):
        return False
    return False


def _lines(file: BinaryIO, number: int = 0) -> Iterator[tuple[int, bytes | None]]:
    """Yield the number and the bytes of every line after line `number`; None for a line that is too long."""
    while line := file.readline(MAX_LINE_BYTES):
        number += 1
        if len(line) < MAX_LINE_BYTES or line.endswith(b"\n"):
            yield number, line
            continue
        while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
            pass
        yield number, None


def _read_lines(location: str, lines: Iterable[tuple[int, bytes | None]]) -> Iterator[Record | Problem]:
    for number, line in lines:
        parsed = _parse_line(line, number)
        if isinstance(parsed, str):
            yield Problem(location, number, parsed)
        elif parsed is not None:
            yield Record(location, number, parsed)


def _parse_line(line: bytes | None, number: int) -> dict[str, Any] | str | None:
    """Return the object of a line, what is wrong with the line, or None for a blank line."""
    if line is None:
        return f"the line is longer than {MAX_LINE_BYTES // 1_000_000} MB"
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8: byte 0x{line[error.start]:02x} at position {error.start + 1}; save the file as UTF-8 text"
    if not text.strip():
        return None
    if "\0" in text:
        return "holds a NUL byte: is this a text file?"
    try:
        values = parse_json(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text[error.pos :].strip() == ",":
            return "a comma follows the object: remove it, one object a line stands alone"
        return f"not JSON: {error.msg} at column {error.pos + 1}"
    except ValueError as error:
        return f"not JSON that can be read: {error}; correct it, or write it as a text in quotes"
    return values if isinstance(values, dict) else f"must hold one JSON object, not a JSON {json_type(values)}"


SOURCE = Source("JSON", (".jsonl", ".ndjson", ".json"), read_jsonl)
