"""Parse JSON that somebody else wrote."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

MAX_DIGITS = 1000
"""Limit of a whole number. A longer one is a mistake, and slow to compute with."""
MAX_DEPTH = 200
"""Limit of arrays and objects inside each other. Whatever walks through a deeper value could run out of stack."""
_TOO_DEEP = "its values are nested too deeply"


def parse_json(text: str) -> Any:
    """Return a JSON value. Raises `ValueError` that says what is wrong, also for numbers that cannot be computed with.

    NaN and infinity are refused as well: JSON has no such numbers.
    """
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    return _limited(value, text.count("[") + text.count("{"))


def parse_json_at(text: str, start: int) -> tuple[Any, int]:
    """Return the JSON value that begins at `start`, and the position behind it. Raises as `parse_json` does."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    return _limited(value, text.count("[", start, end) + text.count("{", start, end)), end


def parse_texts(text: str) -> list[Any] | None:
    """Return the list of texts, or of lists of them, that a text is in JSON; None for any other text."""
    if not text.lstrip().startswith("["):
        return None
    try:
        value = parse_json(text)
    except ValueError:
        return None
    members = [member for item in value for member in (item if isinstance(item, list) else [item])]
    return value if members and all(isinstance(member, str) for member in members) else None


def _limited(value: Any, brackets: int) -> Any:
    """Return a value with so many brackets. Raises `ValueError` if it is nested too deeply."""
    level = [value] if brackets > MAX_DEPTH else []
    for _ in range(MAX_DEPTH):
        inner = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [item for items in inner for item in items]
        if not level:
            return value
    raise ValueError(_TOO_DEEP)


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


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_parse_int, parse_float=_parse_float)
