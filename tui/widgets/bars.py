"""A share with its interval, drawn in characters that tell without colour."""

from __future__ import annotations

SURE, LIKELY, POSSIBLE, REST = "█", "▒", "─", " "
LEGEND = "bar: accuracy; line: 95 % range"


def interval_bar(value: float, low: float, high: float, width: int) -> str:
    """`value` of 1 as a bar of `width` characters; its interval is seen around the end."""
    sure, end, far = (round(width * min(1.0, max(0.0, share))) for share in (low, value, high))
    return SURE * sure + LIKELY * (end - sure) + POSSIBLE * (far - end) + REST * (width - far)
