"""A JSON document: an array of objects, or objects that extend over several lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from orca_local.domain.json_text import parse_json_at
from orca_local.tasks.sources.base import Problem, Record
from orca_local.tasks.sources.json_window import BadJson, Window

_WRAPPERS = ("data", "examples")
"""Keys of an object under which there may be the array of the records."""
_SPACE = r"[ \t\r\n]*"
WRAPPED = re.compile(rf'\{{{_SPACE}"(?:{"|".join(_WRAPPERS)})"{_SPACE}:{_SPACE}\[{_SPACE}\{{')
"""Beginning of an object whose first key holds the array."""
_MEMBER = re.compile(rf"[{{,]{_SPACE}(?=\")")
_COLON = re.compile(rf"{_SPACE}:{_SPACE}")
_ARRAY = re.compile(rf"\[{_SPACE}\{{")
_BLANK = re.compile(_SPACE)


def find_array(text: str) -> int | None:
    """Return where the array of the records begins: it is the whole document, or under a key of one object.

    `text` is the beginning of the document. Returns None if there is none in it.
    """
    at = _skip(text, 0)
    if text.startswith("[", at):
        return at
    while member := _MEMBER.match(text, at):
        try:
            key, at = parse_json_at(text, member.end())
            if (colon := _COLON.match(text, at)) is None:
                return None
            if key in _WRAPPERS and _ARRAY.match(text, colon.end()):
                return colon.end()
            at = _skip(text, parse_json_at(text, colon.end())[1])
        except ValueError:
            return None
    return None


def read_array(location: str, window: Window, start: int) -> Iterator[Record | Problem]:
    """Yield the record of every object of the array that begins at `start`, each with the line that it begins in.

    Where objects stand side by side in one line, they are counted from there. Nothing after a fault in the JSON can be
    read.
    """
    is_wrapped = start > _skip(window.text, 0)
    window.at = start + 1
    try:
        if not window.take("]"):
            yield from _items(location, window)
        after = window.peek()
        if is_wrapped and after not in ("}", ","):
            raise BadJson(window.line(), "not JSON: the object around the array does not end: a } is missing")
        if after and not is_wrapped:
            raise BadJson(window.line(), "not JSON: text follows the end of the array")
    except BadJson as error:
        yield Problem(location, error.line, str(error), ends_file=True)


def _items(location: str, window: Window) -> Iterator[Record | Problem]:
    before, counted = 0, 0  # places of the value before; the second is 0 where values begin in lines of their own
    while True:
        window.peek()
        line = window.line()
        counted = counted + 1 if counted else before + 1 if line == before else 0
        before = counted or line
        yield _record(location, before, window.value())
        if window.take("]"):
            return
        if not window.take(","):
            missing = "a comma is missing here" if window.peek() else "the array does not end: a ] is missing"
            raise BadJson(window.line(), f"not JSON: {missing}")
        if window.peek() == "]":
            raise BadJson(window.line(), "a comma follows the last object: remove it")


def read_objects(location: str, text: str) -> list[Record | Problem] | None:
    """Return the record of every object of a text that is objects alone, over as many lines as they take.

    Returns None for any other text.
    """
    records = list[Record | Problem]()
    line, before, at = 1, 0, _skip(text, 0)
    while at < len(text):
        line, before = line + text.count("\n", before, at), at
        try:
            value, end = parse_json_at(text, at)
        except ValueError:
            return None
        records.append(_record(location, line, value))
        at = _skip(text, end)
    return records


def json_type(value: Any) -> str:
    """Return the name of a JSON value's type, for a message."""
    if isinstance(value, list):
        return "array (write one object a line, without brackets around them)"
    return "null" if value is None else {str: "string", bool: "boolean"}.get(type(value), "number")


def _record(location: str, line: int, value: Any) -> Record | Problem:
    if isinstance(value, dict):
        return Record(location, line, value)
    return Problem(location, line, f"must hold JSON objects, not a JSON {json_type(value).partition(' ')[0]}")


def _skip(text: str, at: int) -> int:
    """Return the position of the next character that is no white space."""
    found = _BLANK.match(text, at)
    return found.end() if found else at
