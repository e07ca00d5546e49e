"""Find the cell of a row that a column names, and read what text formats write as text: lists, objects, numbers."""

from __future__ import annotations

import ast
import difflib
import io
import json
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.json_text import parse_json
from orca_local.kinds.base import number_as_text

Row = Mapping[str, Any]
"""The cells of one row by the names of their columns."""

MAX_LITERAL = 200_000
"""Characters of a cell that is parsed as a list or an object; a longer one stays a text."""
_SHOWN = 20


class BadRow(Exception):
    """One row cannot become a sample. The text says why."""


class Column(Frozen):
    """A column, or a part of one: `answers.text.0` is the first text of the object in the column `answers`."""

    name: str
    keys: tuple[str, ...]
    """The name of the column, then keys and positions inside its cell."""

    def cell(self, row: Row) -> Any:
        """Return the cell of a row. Raises `BadRow` that names the column if the row has none."""
        value = row.get(self.keys[0], _NOTHING)
        for key in self.keys[1:]:
            value = _inside(value, key)
        if value is _NOTHING:
            raise BadRow(f"column {self.name!r} is missing; the row has {shown_names(row)}")
        return value

    def get(self, row: Row) -> Any:
        """Return the cell of a row, or None if the row has none."""
        with suppress(BadRow):
            return self.cell(row)
        return None


def find_column(name: str, rows: Sequence[Row], names: Sequence[str]) -> Column:
    """Return the column that a person named. Raises `InputError` with the nearest names if no row has it.

    A name that is no column is a path: its parts are divided by points.
    """
    if name in names:
        return Column(name, (name,))
    keys = tuple(name.split("."))
    column = Column(name, keys)
    if any(_has(column, row) for row in rows):
        return column
    known = [*names, *(f"{outer}.{inner}" for outer in names for inner in _inner_names(rows, outer))]
    near = nearest(name, known)
    hint = f"did you mean {' or '.join(near)}?" if near else "take the name of a column"
    raise InputError(f"no row has a column {name!r}; the columns are {shown_names(names)}", hint=hint)


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return up to two of the known names that are spelled most like this one, whatever their case."""
    by_folded = {other.casefold(): other for other in known}
    return [by_folded[near] for near in difflib.get_close_matches(name.casefold(), by_folded, 2, 0.6)]


def shown_names(names: Iterable[str]) -> str:
    """Return names for a message; the last ones of very many are left out."""
    listed = list(names)
    more = f" and {len(listed) - _SHOWN:,} more" if len(listed) > _SHOWN else ""
    return (", ".join(str(name)[:80] for name in listed[:_SHOWN]) or "none") + more


def parsed(cell: Any) -> Any:
    """Return the list or the object that a text is, as JSON or as Python writes it; any other cell as it is."""
    if not isinstance(cell, str) or len(cell) > MAX_LITERAL or not cell.lstrip().startswith(("[", "{")):
        return cell
    with suppress(ValueError):
        return parse_json(cell)
    with suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError, tokenize.TokenError):
        # What JSON cannot write, such as a set, is no cell of a row.
        return parse_json(json.dumps(ast.literal_eval(_with_commas(cell.strip()))))
    return cell


def first_parsed(rows: Sequence[Row], name: str) -> Any:
    """Return the first cell of a column that holds anything, see `parsed`; None if there is none."""
    cells = (parsed(row.get(name)) for row in rows)
    return next((cell for cell in cells if not is_empty(cell)), None)


def as_text(cell: Any) -> str | None:
    """Return a text or a number as text; None for any other cell."""
    return cell if isinstance(cell, str) else number_as_text(cell)


def is_empty(cell: Any) -> bool:
    """Whether a cell holds nothing: no value, no text but spaces, or an empty list."""
    if isinstance(cell, str):
        return not cell or cell.isspace()
    return cell is None or cell == []


def shown(cell: Any) -> str:
    """Return a cell for a message, shortened."""
    text = repr(cell)
    return text if len(text) <= 60 else text[:57] + "…"


_NOTHING = object()


def _with_commas(text: str) -> str:
    """Return a list that NumPy wrote, `['ant' 'bee']`, as Python writes it; any other list and object is the same.

    Python would read texts side by side as one.
    """
    parts: list[str] = []
    was_text = False
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_text = token.type == tokenize.STRING
        if token.type not in (tokenize.NL, tokenize.NEWLINE):
            parts += [",", token.string] if is_text and was_text else [token.string]
            was_text = is_text
    return " ".join(parts).strip()


def _inside(value: Any, key: str) -> Any:
    value = parsed(value)
    if isinstance(value, dict):
        return value.get(key, _NOTHING)
    if isinstance(value, list) and key.isdecimal() and len(key) < 9 and int(key) < len(value):
        return value[int(key)]
    return _NOTHING


def _has(column: Column, row: Row) -> bool:
    try:
        column.cell(row)
    except BadRow:
        return False
    return True


def _inner_names(rows: Sequence[Row], name: str) -> list[str]:
    value = first_parsed(rows, name)
    return [str(key) for key in value] if isinstance(value, dict) else []
