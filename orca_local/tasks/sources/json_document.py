"""A JSON document: an array of objects, or objects that extend over several lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from orca_local.domain.json_text import parse_json_at
from orca_local.tasks.sources.base import Problem, Record

_SPACE = re.compile(r"[ \t\r\n]*")


def read_array(location: str, text: str) -> Iterator[Record | Problem]:
    """Yield the record of every object of an array, each with the line that it begins in.

    Nothing after a fault in the JSON can be read.
    """
    lines = _LineCounter(text)
    at = _skip(text, text.index("[") + 1)
    if text.startswith("]", at):
        at += 1
    else:
        while True:
            if text.startswith("]", at):
                yield Problem(location, lines.at(at), "a comma follows the last object: remove it")
                return
            item = _item(location, text, at, lines)
            if isinstance(item, Problem):
                yield item
                return
            value, end = item
            yield _record(location, lines.at(at), value)
            at = _skip(text, end) + 1
            if text.startswith("]", at - 1):
                break
            if not text.startswith(",", at - 1):
                missing = "the array does not end: a ] is missing" if at > len(text) else "a comma is missing here"
                yield Problem(location, lines.at(min(at - 1, len(text))), f"not JSON: {missing}")
                return
            at = _skip(text, at)
    if text[at:].strip():
        yield Problem(location, lines.at(_skip(text, at)), "not JSON: text follows the end of the array")


def read_objects(location: str, text: str) -> list[Record | Problem] | None:
    """Return the record of every object of a text that is objects alone, over as many lines as they take.

    Returns None for any other text.
    """
    lines, records = _LineCounter(text), list[Record | Problem]()
    at = _skip(text, 0)
    while at < len(text):
        item = _item(location, text, at, lines)
        if isinstance(item, Problem):
            return None
        records.append(_record(location, lines.at(at), item[0]))
        at = _skip(text, item[1])
    return records


def json_type(value: Any) -> str:
    """Return the name of a JSON value's type, for a message."""
    if isinstance(value, list):
        return "array (write one object a line, without brackets around them)"
    return "null" if value is None else {str: "string", bool: "boolean"}.get(type(value), "number")


def _item(location: str, text: str, at: int, lines: _LineCounter) -> tuple[Any, int] | Problem:
    try:
        return parse_json_at(text, at)
    except json.JSONDecodeError as error:
        return Problem(location, error.lineno, f"not JSON: {error.msg} at column {error.colno}")
    except ValueError as error:
        return Problem(location, lines.at(at), f"not JSON that can be read: {error}; correct it")


def _record(location: str, line: int, value: Any) -> Record | Problem:
    if isinstance(value, dict):
        return Record(location, line, value)
    return Problem(location, line, f"must hold JSON objects, not a JSON {json_type(value).partition(' ')[0]}")


def _skip(text: str, at: int) -> int:
    """Return the position of the next character that is no white space."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


class _LineCounter:
    """The line of a position, counted from one position to the next."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def at(self, position: int) -> int:
        """Return the line of a position, which is not before the one asked for last."""
        self._line += self._text.count("\n", self._at, position)
        self._at = position
        return self._line
