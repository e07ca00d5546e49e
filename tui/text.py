"""Numbers and untrusted words as the screens show them."""

from __future__ import annotations

from textual.content import Content

from orca_local.domain.text import printable


def plain(text: str) -> Content:
    """Untrusted text: no markup, no control sequences."""
    return Content(printable(text))


def one_line(text: str, length: int) -> Content:
    """The beginning of untrusted text, on one line."""
    words = " ".join(printable(text[: 4 * length]).split())
    return Content(words if len(words) <= length else words[: length - 1] + "…")


def percent(share: float | None) -> str:
    """A share as a whole percentage; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.0f} %"


def duration(seconds: float) -> str:
    """Such as `8 s`, `12 min` or `3 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def size(count: int) -> str:
    """Bytes, in megabytes or gigabytes."""
    return f"{count / 1e6:.0f} MB" if count < 1e9 else f"{count / 1e9:.2f} GB"
