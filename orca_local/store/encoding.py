"""How values become columns: JSON text and UTC times."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any


def to_json(value: Any) -> str:
    """JSON text with sorted keys, so that equal values are equal text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str) -> Any:
    """The value that `to_json` wrote."""
    return json.loads(text)


def utc_now() -> str:
    """Now, as ISO 8601 with milliseconds, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def optional_bool(value: int | None) -> bool | None:
    """SQLite keeps truth values as 0, 1 and NULL."""
    return None if value is None else bool(value)
