"""Reads JSON Lines task files, every bad line told apart.

A line: `{"id": "s-1", "task": "sums", "kind": "number", "prompt": "What is 2 + 3?", "answer": 5}`
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from orca_local.domain.types import Sample
from orca_local.tasks.record import parse_record

SUFFIXES = (".jsonl", ".ndjson")
"""How names of task files end, where they are looked for; a file of any name is read."""

MAX_LINE_BYTES = 10_000_000
"""A longer line is reported and skipped without being held in memory."""

MAX_DIGITS = 1000
"""Longer whole numbers are a mistake, and slow to compute with."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line of one file."""

    file: str
    line: int
    """Counts from 1; 0 where it is the file as a whole."""
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What a file holds."""

    samples: tuple[Sample, ...]
    lines: tuple[int, ...]
    """The line of each sample."""
    problems: tuple[Problem, ...]


def read_jsonl(path: Path, *, resplit: bool = False) -> ReadResult:
    """Every sample of a task file, and every problem; a bad file raises nothing.

    `resplit` divides samples by content, whatever split their lines name.
    """
    samples: list[Sample] = []
    lines: list[int] = []
    problems: list[Problem] = []
    try:
        with path.open("rb") as file:
            for number, line in _lines(file):
                parsed = _parse_line(line, number, resplit=resplit)
                if isinstance(parsed, Sample):
                    samples.append(parsed)
                    lines.append(number)
                elif parsed is not None:
                    problems += [Problem(str(path), number, message) for message in parsed]
    except OSError as error:
        problems.append(Problem(str(path), 0, _unreadable(error)))
    if not samples and not problems:
        problems.append(Problem(str(path), 0, "holds no samples: it is empty"))
    return ReadResult(tuple(samples), tuple(lines), tuple(problems))


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Number and bytes of every line; None for one that is too long."""
    number = 0
    while line := file.readline(MAX_LINE_BYTES):
        number += 1
        if len(line) < MAX_LINE_BYTES or line.endswith(b"\n"):
            yield number, line
            continue
        while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
            pass
        yield number, None


def _parse_line(line: bytes | None, number: int, *, resplit: bool) -> Sample | list[str] | None:
    """A sample, what is wrong, or None for a blank line."""
    if line is None:
        return [f"the line is longer than {MAX_LINE_BYTES // 1_000_000} MB"]
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        return [f"not UTF-8: byte 0x{line[error.start]:02x} at position {error.start + 1}"]
    if not text.strip():
        return None
    if "\0" in text:
        return ["holds a NUL byte: is this a text file?"]
    try:
        record = json.loads(text, parse_constant=_refuse_constant, parse_int=_whole, parse_float=_fraction)
    except json.JSONDecodeError as error:
        return [f"not JSON: {error.msg} at column {error.colno}"]
    except (ValueError, RecursionError) as error:
        return [f"not JSON that can be read: {error}"]
    if not isinstance(record, dict):
        return [f"must hold one JSON object, not a JSON {_json_type(record)}"]
    unstorable = _unstorable(record)
    return [unstorable] if unstorable else parse_record(record, resplit=resplit)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _fraction(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:20]} is too large")
    return value


def _unstorable(record: dict[str, Any]) -> str:
    """Text that JSON can spell and UTF-8 or the database cannot hold."""
    text = "\n".join(_texts(record))
    if "\0" in text:
        return "a text holds a NUL character (\\u0000)"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "a text holds half of a surrogate pair (\\ud800 to \\udfff)"
    return ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _json_type(value: Any) -> str:
    if isinstance(value, list):
        return "array (write one object a line, without brackets around)"
    return "null" if value is None else {str: "string", bool: "boolean"}.get(type(value), "number")


def _unreadable(error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return "is a directory, not a JSON Lines file"
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return f"cannot be read: {error.strerror}"
