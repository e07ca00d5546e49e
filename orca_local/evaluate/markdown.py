"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orca_local.domain.text import printable


def cell(value: object) -> str:
    """Text that cannot break out of a table cell or become HTML."""
    text = printable(str(value)).replace("\n", " ")
    for character, replacement in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|")):
        text = text.replace(character, replacement)
    return text


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows under headings."""
    lines = ["| " + " | ".join(headings) + " |", "|" + " --- |" * len(headings)]
    lines += ["| " + " | ".join(map(cell, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def percent(value: float | None) -> str:
    """A share (0 to 1) in percent, without the sign; a dash for None."""
    return "–" if value is None else f"{100 * value:.1f}"
