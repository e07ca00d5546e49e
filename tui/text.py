"""Formats numbers and untrusted text for the screens."""

from __future__ import annotations

from textual.content import Content

from orca_local.domain.text import printable


def plain(text: str) -> Content:
    """Return untrusted text without markup and control sequences."""
    return Content(printable(text))


def one_line(text: str, length: int) -> Content:
    """Return the beginning of untrusted text, on one line of at most `length` characters."""
    words = " ".join(printable(text[: 4 * length]).split())
    return Content(words if len(words) <= length else words[: length - 1] + "…")


def percent(share: float | None) -> str:
    """Return a share as a whole percentage; a dash for None."""
    return "–" if share is None else f"{100 * share:.0f} %"


def duration(seconds: float) -> str:
    """Return a duration such as `8 s`, `12 min` or `3 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
