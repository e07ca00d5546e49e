"""A JSON document: an array of objects, or objects that extend over several lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from orca_local.domain.json_text import parse_json_at
from orca_local.tasks.sources.base import Problem, Record

_SPACE = re.compile(r"[ \t\r\n]*")
_WRAPPERS = ("data", "examples")
"""Keys of an object under which there may be the array of the records."""
WRAPPED = re.compile(rf'\{{\s*"(?:{"|".join(_WRAPPERS)})"\s*:\s*\[\s*\{{')
"""Beginning of an object whose first key holds the array."""


def find_array(text: str) -> int | None:
    """Return where the array of the records begins: it is the whole document, or under a key of one object.

    Returns None for any other text.
    """
    at = _skip(text, 0)
    if text.startswith("[", at):
        return at
    while at < len(text) and text[at] in "{,":
        try:
            key, at = parse_json_at(text, _skip(text, at + 1))
            at = _skip(text, _skip(text, at) + 1)  # behind the colon
            if key in _WRAPPERS and text.startswith("[", at) and text.startswith("{", _skip(text, at + 1)):
                return at
            at = _skip(text, parse_json_at(text, at)[1])
        except ValueError:
            return None
    return None


def read_array(location: str, text: str, start: int) -> Iterator[Record | Problem]:
    """Yield the record of every object of the array that begins at `start`, each with the line that it begins in.

    Nothing after a fault in the JSON can be read.
    """
    lines = _LineCounter(text)
    is_wrapped = start > _skip(text, 0)
    at = _skip(text, start + 1)
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
    if is_wrapped and text[_skip(text, at) : _skip(text, at) + 1] not in ("}", ","):
        yield Problem(
            location, lines.at(len(text)), "not JSON: the object around the array does not end: a } is missing"
        )
    elif not is_wrapped and text[at:].strip():
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
