"""Figures as the command line and the interface show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


def points(value: float | None) -> str:
    """Format a difference of shares in percentage points, with its sign; a dash for None."""
    return "–" if value is None else f"{100 * value:+.1f}"


def interval(ci: Sequence[float] | None) -> str:
    """Format an interval of shares in percent; a dash for None."""
    return "–" if ci is None else f"[{100 * ci[0]:.1f}, {100 * ci[1]:.1f}]"


def size(count: int) -> str:
    """Format a number of bytes."""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def local_time(stored: str) -> str:
    """Return a stored UTC time in the time zone of this machine, without fractions of a second."""
    return datetime.fromisoformat(stored).astimezone().strftime("%Y-%m-%d %H:%M:%S")
