"""JSON Lines: one JSON object a line.

For example `{"id": "s-1", "task": "sums", "kind": "number", "prompt": "What is 2 + 3?", "answer": 5}`
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from orca_local.tasks.sources.base import Problem, Record, Source

MAX_LINE_BYTES = 10_000_000
"""A longer line is reported and skipped; it is never in memory as a whole."""

MAX_DIGITS = 1000
"""Limit of a whole number. A longer one is a mistake, and slow to compute with."""


def read_jsonl(location: str) -> Iterator[Record | Problem]:
    """Yield the record of every line of a JSON Lines file, and a problem for every line that holds none."""
    try:
        with Path(location).open("rb") as file:
            for number, line in _lines(file):
                parsed = _parse_line(line, number)
                if isinstance(parsed, str):
                    yield Problem(location, number, parsed)
                elif parsed is not None:
                    yield Record(location, number, parsed)
    except OSError as error:
        yield Problem(location, 0, _unreadable(error))


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


def _parse_line(line: bytes | None, number: int) -> dict[str, Any] | str | None:
    """Return the object of a line, what is wrong with the line, or None for a blank line."""
    if line is None:
        return f"the line is longer than {MAX_LINE_BYTES // 1_000_000} MB"
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8: byte 0x{line[error.start]:02x} at position {error.start + 1}"
    if not text.strip():
        return None
    if "\0" in text:
        return "holds a NUL byte: is this a text file?"
    try:
        values = json.loads(text, parse_constant=_refuse_constant, parse_int=_parse_int, parse_float=_parse_float)
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg} at column {error.pos + 1}"
    except (ValueError, RecursionError) as error:
        return f"not JSON that can be read: {error}"
    if not isinstance(values, dict):
        return f"must hold one JSON object, not a JSON {_json_type(values)}"
    return values


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _parse_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _parse_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:20]} is too large")
    return value


def _json_type(value: Any) -> str:
    if isinstance(value, list):
        return "array (write one object a line, without brackets around them)"
    return "null" if value is None else {str: "string", bool: "boolean"}.get(type(value), "number")


def _unreadable(error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return "is a directory, not a JSON Lines file"
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return f"cannot be read: {error.strerror}"


SOURCE = Source("JSON Lines", (".jsonl", ".ndjson"), read_jsonl)
