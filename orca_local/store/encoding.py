"""Conversion between Python values and database columns: JSON, text and UTC times."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from orca_local.domain.text import is_storable, storable_value
from orca_local.domain.types import ROLES, Message

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
V = TypeVar("V")

UNDECODABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError)
"""What reading a row raises that this program did not write: broken JSON, a missing column, a wrong type."""
MAX_INTEGER = 2**60
"""No stored count, duration or seed is larger. Sums of larger ones would not fit into SQLite's integers."""

_ESCAPE = "\\u"
"""How JSON may write a NUL character and half of a surrogate pair."""


def to_json(value: Any) -> str:
    """JSON text with sorted keys, so that equal values give equal text.

    NaN and infinity become null, numpy scalars become numbers, paths become text, and texts become `storable`.
    """
    try:
        text = _dumps(value)
    except ValueError:
        text = _dumps(without_nan(value))
    if is_storable(text) and _ESCAPE not in text:
        return text
    return _dumps(storable_value(json.loads(text)))


def from_json(text: str) -> Any:
    """The value that `to_json` wrote. Earlier versions wrote texts that are not `storable` as escapes."""
    value = json.loads(text)
    return storable_value(value) if _ESCAPE in text else value


def without_nan(value: Any) -> Any:
    """`value` with every NaN and infinity replaced by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(item) for item in value]
    return value


def utc_now() -> str:
    """The current time in UTC, as ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def from_row(record: type[T], row: sqlite3.Row, **values: Any) -> T:
    """An instance of a dataclass: each field from the column of its name, except those given in `values`.

    Booleans are stored as 0 and 1, and a dict as JSON in the column `NAME_json`. Raises one of `UNDECODABLE` if the
    row lacks a column or has a value of another type.
    """
    readers = _readers(record)
    try:
        columns = {name: read(row[column], column) for name, column, read in readers if name not in values}
    except IndexError as error:
        lacking = [column for name, column, _ in readers if name not in values and column not in row.keys()]  # noqa: SIM118
        raise KeyError(f"there is no column {lacking[0]}") from error
    return record(**columns, **values)


def typed(value: Any, expected: type[V], column: str) -> V:
    """`value`, if it is of the type that the column holds. Raises `TypeError` if it is not."""
    if not isinstance(value, expected):
        raise TypeError(f"{column} is {_shortened(value)}, not {expected.__name__}")
    return value


def texts(value: Any, column: str) -> tuple[str, ...]:
    """A list of texts from JSON. Raises `TypeError` for anything else."""
    return tuple(typed(item, str, column) for item in typed(value, list, column))


def messages(value: Any, column: str) -> tuple[Message, ...]:
    """A list of messages from JSON. Raises one of `UNDECODABLE` for anything else."""
    items = [Message(**typed(item, dict, column)) for item in typed(value, list, column)]
    for item in items:
        typed(item.content, str, column)
        if item.role not in ROLES:
            raise ValueError(f"{column} has the role {_shortened(item.role)}")
    return tuple(items)


_Reader = Callable[[Any, str], Any]


@cache
def _readers(record: type[DataclassInstance]) -> tuple[tuple[str, str, _Reader], ...]:
    """Name, column and reader of each field."""
    # The type is text, because annotations are not evaluated.
    types = {field.name: str(field.type) for field in fields(record)}
    return tuple(
        (name, f"{name}_json" if kind.startswith("dict") else name, _reader(kind)) for name, kind in types.items()
    )


def _reader(annotation: str) -> _Reader:
    plain = annotation.removesuffix(" | None")
    read: _Reader = _READERS.get(plain, _json_object if plain.startswith("dict") else _text)
    if plain == annotation:
        return read
    return lambda value, column: None if value is None else read(value, column)


def _text(value: Any, column: str) -> str:
    return typed(value, str, column)


def _integer(value: Any, column: str) -> int:
    number = typed(value, int, column)
    if abs(number) > MAX_INTEGER:
        raise ValueError(f"{column} is {number}, which is no count that this program stores")
    return number


def _number(value: Any, column: str) -> float:
    return value if isinstance(value, float) else typed(value, int, column)


def _boolean(value: Any, column: str) -> bool:
    return bool(typed(value, int, column))


def _json_object(value: Any, column: str) -> dict[str, Any]:
    parsed: dict[str, Any] = typed(from_json(typed(value, str, column)), dict, column)
    return parsed


_READERS: Mapping[str, _Reader] = {"int": _integer, "float": _number, "bool": _boolean}


def _shortened(value: Any) -> str:
    return "empty" if value is None else f"{value!r:.60}"


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)


_dumps = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain
).encode
