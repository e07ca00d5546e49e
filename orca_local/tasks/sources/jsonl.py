"""JSON: one object a line (JSON Lines), or one document: an array of objects, or objects over several lines.

The array may be in an object: `{"data": […]}`.

For example `{"id": "s-1", "task": "sums", "kind": "number", "prompt": "What is 2 + 3?", "answer": 5}`
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from orca_local.domain.json_text import parse_json
from orca_local.tasks.import_request import ReadOptions
from orca_local.tasks.sources.base import Problem, Record, Source
from orca_local.tasks.sources.json_document import WRAPPED, find_array, json_type, read_array, read_objects
from orca_local.tasks.sources.json_window import BadJson, Window
from orca_local.tasks.sources.text_input import HEAD_BYTES, open_utf8, undecodable, with_file_problems

MAX_LINE_BYTES = 10_000_000
"""A longer line is reported and skipped; it is never in memory as a whole."""
MAX_DOCUMENT_BYTES = 200_000_000
"""Limit of objects over several lines, which are in memory as a whole."""


def read_jsonl(location: str, options: ReadOptions) -> Iterator[Record | Problem]:
    """Yield the record of every object of a JSON file, and a problem for every line that holds none."""
    return with_file_problems(location, _read(location, options))


def _read(location: str, options: ReadOptions) -> Iterator[Record | Problem]:
    with open_utf8(location, options) as text:
        if not _begins_document(text.head):
            yield from _read_lines(location, _lines(text.file))
            return
        window = Window(text.file)
        try:
            window.grow(MAX_LINE_BYTES if text.head.lstrip().startswith(b"{") else HEAD_BYTES)
            start = find_array(window.text)
            if start is None:
                yield from _read_objects(location, window)
                return
        except BadJson as error:
            yield Problem(location, error.line, str(error))
            return
        yield from read_array(location, window, start)


def _read_objects(location: str, window: Window) -> Iterator[Record | Problem]:
    """Yield the records of objects over several lines. Raises `BadJson` if the text cannot be held in memory."""
    while window.grow(MAX_DOCUMENT_BYTES):
        if len(window.text) > MAX_DOCUMENT_BYTES:
            limit = f"{MAX_DOCUMENT_BYTES // 1_000_000} million characters"
            raise BadJson(0, f"holds objects over several lines in more than {limit}: write one object a line instead")
    if (records := read_objects(location, window.text)) is not None:
        yield from records
    else:  # lines of objects, of which the first is cut off
        yield from _read_lines(location, _lines(io.BytesIO(window.text.encode())))


def _begins_document(head: bytes) -> bool:
    """Whether a file that begins so is an array, holds one, or holds an object that goes on in the next line."""
    text = head.decode("utf-8-sig", "replace").lstrip(" \t\r\n")
    if text.startswith("[") or WRAPPED.match(text):
        return True
    line, line_end, _ = text.partition("\n")
    if not line.startswith("{") or (not line_end and len(head) >= HEAD_BYTES):
        return False
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        return error.pos >= len(line.rstrip())
    except (ValueError, RecursionError):
        return False
    return "prompt" not in values and find_array(line) is not None


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield the number and the bytes of every line; None for a line that is too long."""
    number = 0
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
        return f"the line is longer than {MAX_LINE_BYTES // 1_000_000} MB: shorten its texts"
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        return undecodable(error)
    if not text.strip():
        return None
    if "\0" in text:
        return "holds a NUL byte: is this a text file?"
    try:
        values = parse_json(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text[error.pos :].strip() == ",":
            return "a comma follows the object: remove it, one object a line stands alone"
        if error.msg == "Extra data":
            return f"more follows the object, from column {error.pos + 1}: write one object a line"
        return f"not JSON: {error.msg} at column {error.pos + 1}"
    except ValueError as error:
        return f"not JSON that can be read: {error}; correct it, or write it as a text in quotes"
    return values if isinstance(values, dict) else f"must hold one JSON object, not a JSON {json_type(values)}"


SOURCE = Source("JSON", (".jsonl", ".ndjson", ".json"), read_jsonl)
