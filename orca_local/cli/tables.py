"""Aligned plain text on stdout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from orca_local.domain.text import printable


def echo(text: str = "", *, nl: bool = True) -> None:
    """Write one line to stdout, without control characters; nothing if the command prints a JSON object instead."""
    context = click.get_current_context(silent=True)
    if context is None or not context.params.get("as_json"):
        click.echo(printable(text), nl=nl)


def percent(value: float | None) -> str:
    """A share (0 to 1) as `43.8 %`."""
    return "–" if value is None else f"{100 * value:.1f} %"


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows under headings. Columns of numbers are aligned to the right."""
    cells = [[printable(str(cell)).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(len(column) for column in columns) for columns in zip(headings, *cells, strict=True)]
    right = [bool(cells) and all(_is_number(row[i]) for row in cells) for i in range(len(headings))]

    def line(row: Sequence[str]) -> str:
        parts = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)]
        return "  ".join(parts).rstrip()

    return "\n".join([line(headings), "  ".join("─" * w for w in widths), *map(line, cells)])


def _is_number(cell: str) -> bool:
    return not cell or (cell[0] in "0123456789+-–[" and not cell[1:2].isalpha())
