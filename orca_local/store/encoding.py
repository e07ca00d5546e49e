"""Conversion between Python values and database columns: JSON, text and UTC times."""

from __future__ import annotations

import json
import math
import sqlite3
from dataclasses import Field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def to_json(value: Any) -> str:
    """JSON text with sorted keys, so that equal values give equal text.

    NaN and infinity become null, numpy scalars become numbers, paths become text.
    """
    try:
        text = _dumps(value, ensure_ascii=False)
    except ValueError:
        text = _dumps(without_nan(value), ensure_ascii=False)
    return text if storable(text) == text else _dumps(without_nan(value), ensure_ascii=True)


def from_json(text: str) -> Any:
    """The value that `to_json` wrote."""
    return json.loads(text)


def storable(text: str) -> str:
    """`text` with everything replaced that UTF-8 cannot encode, such as half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


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

    Booleans are stored as 0 and 1, and a dict as JSON in the column `NAME_json`.
    """
    columns = {field.name: _read(field, row) for field in fields(record) if field.name not in values}
    return record(**columns, **values)


def _read(field: Field[Any], row: sqlite3.Row) -> Any:
    # The type is text, because annotations are not evaluated.
    if field.type.startswith("dict"):
        text = row[f"{field.name}_json"]
        return None if text is None else from_json(text)
    value = row[field.name]
    return bool(value) if value is not None and field.type.startswith("bool") else value


def _dumps(value: Any, *, ensure_ascii: bool) -> str:
    return json.dumps(
        value, ensure_ascii=ensure_ascii, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain
    )


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)
