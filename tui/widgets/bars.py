"""A share with its interval, drawn in characters that need no colour."""

from __future__ import annotations

BELOW_LOW, UP_TO_VALUE, UP_TO_HIGH, EMPTY = "█", "▒", "─", " "
LEGEND = "bar: accuracy; line: 95 % range"


def interval_bar(value: float, low: float, high: float, width: int) -> str:
    """Return `value` (0 to 1) as a bar of `width` characters, with its interval from `low` to `high` around its end."""
    start, end, stop = (round(width * min(1.0, max(0.0, share))) for share in (low, value, high))
    return BELOW_LOW * start + UP_TO_VALUE * (end - start) + UP_TO_HIGH * (stop - end) + EMPTY * (width - stop)
