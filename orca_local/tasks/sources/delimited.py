"""CSV and TSV: rows of cells under a header. The separator is recognized: a comma, a semicolon, a tab or `|`.

A cell in quotes may hold separators and line breaks; a quote inside it is written twice. A list of accepted answers is
written as a JSON array, a list of labels also with `|` between the labels.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any, Literal, TextIO

from orca_local.domain.json_text import parse_json, parse_texts
from orca_local.domain.text import counted
from orca_local.kinds.table import KINDS
from orca_local.tasks.import_request import ReadOptions
from orca_local.tasks.sources.base import Problem, Record, Source
from orca_local.tasks.sources.text_input import HEAD_BYTES, TextInput, open_text, undecodable, with_file_problems

MAX_ROW_CHARACTERS = 10_000_000
MAX_ROW_LINES = 100_000
"""Reading ends at a longer row: a quote in it is likely not closed, and would take in the rest of the file."""
SEPARATORS = ",;\t|"
_SAMPLE_ROWS = 20
_NAMED_SEPARATOR = re.compile(r"sep=(.)\r?\n")
"""First line with which a spreadsheet program names the separator."""
_COMMON_NAMES = frozenset(
    ("id", "task", "prompt", "question", "input", "text", "instruction", "answer", "output", "target", "label", "kind")
)
"""A row with one of these cells is a header, even if other names are numbers."""
_LINE_END = re.compile(r"\r\n?|\n")
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_ORDINARY = "or add --no-quotes if quotes are ordinary characters in this file"
_CLOSED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
"""A cell in quotes up to the quote that closes it."""


class _Unreadable(Exception):
    """Nothing from this line on can be read."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def read_delimited(location: str, options: ReadOptions) -> Iterator[Record | Problem]:
    """Yield the record of every row under the header, each with the line that it begins in."""
    return with_file_problems(location, _read(location, options))


def _read(location: str, options: ReadOptions) -> Iterator[Record | Problem]:
    csv.field_size_limit(MAX_ROW_CHARACTERS)  # the limit of the whole process, which rows keep to
    with open_text(location, options) as text:
        start = _decoded(text)
        if "\0" in start:
            yield Problem(location, 0, "holds a NUL byte: is it a text file?")
            return
        named = _NAMED_SEPARATOR.match(start)
        separator = options.separator or (named[1] if named else _find_separator(start, len(text.head) < HEAD_BYTES))
        wrapper = io.TextIOWrapper(text.file, text.encoding, newline="")
        if named:
            wrapper.readline()
        rows = _Rows(wrapper, separator, 1 if named else 0, has_quotes=options.has_quotes)
        try:
            yield from _records(location, rows)
        except _Unreadable as error:
            yield Problem(location, error.line, str(error), ends_file=True)
        finally:
            wrapper.detach()


def _records(location: str, rows: _Rows) -> Iterator[Record | Problem]:
    found = iter(rows)
    _, header = next(found, (0, None))
    if header is None:
        return
    if isinstance(header, str):
        yield Problem(location, 0, f"has a header that cannot be read: {header}")
        return
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    if problem := _header_problem(names):
        yield Problem(location, 0, problem)
        return
    count, has_rows = len(names), False
    for line, cells in found:
        has_rows = True
        if isinstance(cells, str):
            yield Problem(location, line, cells)
            continue
        if len(cells) != count:
            if len(cells) < count or any(cells[count:]):
                yield Problem(location, line, _count_problem(cells, names))
                continue
            del cells[count:]
        if cells == names:
            yield Problem(location, line, "repeats the header: remove this line")
            continue
        yield Record(location, line, _values(names, cells))
    if not has_rows:
        yield Problem(location, 0, "holds no samples: no row follows the header")


def _values(names: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(names, cells, strict=True))
    if "" in cells:
        values = {name: cell or None for name, cell in values.items()}
    if labels := values.get("labels"):
        values["labels"] = _labels(labels)
    if (answer := values.get("answer")) and (kind := KINDS.get(values.get("kind") or "")) and kind.accepts_list:
        values["answer"] = parse_texts(answer) or answer
    return values


def _labels(cell: str) -> Any:
    if cell.lstrip().startswith("["):
        with suppress(ValueError):
            return parse_json(cell)
    return [label.strip() for label in cell.split("|")]


def _header_problem(names: Sequence[str]) -> str:
    """Return why the first row names no columns; empty if it does."""
    if not names:
        return "has no header: the cells of its first row are empty; write the names of the columns into them"
    if "" in names:
        return f"has no name for column {names.index('') + 1}: write one into the first line, or remove the column"
    places: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if (first := places.setdefault(name, number)) != number:
            return f"has two columns named {name!r} ({first} and {number}): rename one of them"
    is_numbered = names == [str(index) for index in range(len(names))]
    if is_numbered or _COMMON_NAMES & {name.casefold() for name in names}:
        return ""
    odd = next((name for name in names if len(name) > 200 or "\n" in name or _NUMBER.fullmatch(name)), None)
    if odd is None:
        return ""
    return f"has no header: its first row has the cell {odd[:60]!r}; write the names of the columns into a first line"


def _count_problem(cells: Sequence[str], names: Sequence[str]) -> str:
    count = f"{counted(len(cells), 'cell')}, but the header has {len(names)}"
    if len(cells) < len(names):
        return f"the row has {count}: {names[len(cells)]!r} is missing; is a line break in a cell without quotes?"
    return f"the row has {count}: is a separator in a cell without quotes?"


def _decoded(text: TextInput) -> str:
    """Return the first characters of a file."""
    return codecs.getincrementaldecoder(text.encoding)("replace").decode(text.head)


def _find_separator(start: str, is_whole: bool) -> str:
    """Return the separator under which most rows have as many cells as the header; a comma if none divides it."""
    best, found = (0.0, 1), ","
    for separator in SEPARATORS:
        rows = [row for row in islice(_lenient_rows(start, separator), _SAMPLE_ROWS) if row]
        if not is_whole and len(rows) > 1:
            rows.pop()  # it may be cut off
        if not rows or len(rows[0]) < 2:
            continue
        score = sum(len(row) == len(rows[0]) for row in rows) / len(rows), len(rows[0])
        if score > best:
            best, found = score, separator
    return found


def _lenient_rows(start: str, separator: str) -> Iterator[list[str]]:
    with suppress(csv.Error):
        yield from csv.reader(io.StringIO(start, newline=""), delimiter=separator)


class _Rows:
    """The rows of a file: each with the line that it begins in, and its cells or what is wrong with them."""

    def __init__(self, file: TextIO, separator: str, line: int, *, has_quotes: bool = True) -> None:
        """`line` is the number of lines that were read before."""
        self._file, self._separator = file, separator
        self._has_quotes = has_quotes
        self._line = line
        self._parts: list[str] = []
        """The text of this row: lines, or parts of a very long one."""

    def __iter__(self) -> Iterator[tuple[int, list[str] | str]]:
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if self._has_quotes else csv.QUOTE_NONE
        reader = csv.reader(self._iter_parts(), delimiter=self._separator, strict=True, quoting=quoting)
        parts = self._parts
        while True:
            start = self._line + 1
            parts.clear()
            try:
                cells: list[str] | str = next(reader)
            except StopIteration:
                return
            except csv.Error:
                cells = self._quote_problem(start)
            if cells:
                yield start, cells

    def _iter_parts(self) -> Iterator[str]:
        parts, size = self._parts, 0
        try:
            for part in iter(partial(self._file.readline, MAX_ROW_CHARACTERS), ""):
                size = size + len(part) if parts else len(part)
                parts.append(part)
                if size >= MAX_ROW_CHARACTERS or len(parts) > MAX_ROW_LINES:  # part of a line would be taken for a line
                    raise self._too_long()
                self._line += part[-1] in "\r\n"
                yield part
        except UnicodeDecodeError as error:
            before = bytes(error.object)[: error.start].decode(error.encoding, "replace")
            place = f"in line {self._line + 1 + len(_LINE_END.findall(before))}"
            raise _Unreadable(0, f"is {undecodable(error, place)}") from error

    def _quote_problem(self, start: int) -> str:
        """Return what is wrong with the quotes of the row that begins in line `start`."""
        text = "".join(self._parts)
        cell, opened, closed = _find_quote_fault(text, self._separator)
        line = start + text.count("\n", 0, opened)
        if closed is None:
            raise _Unreadable(line, f"the quote that opens cell {cell} is never closed: close it, {_ORDINARY}")
        end = start + text.count("\n", 0, closed)
        place = "" if end == line else f" in line {end}"
        return f"text follows the quote that closes cell {cell}{place}: write a quote in a text twice, {_ORDINARY}"

    def _too_long(self) -> _Unreadable:
        text = "".join(self._parts)
        start = self._line + 1 - sum(part[-1] in "\r\n" for part in self._parts[:-1])
        cell, opened, closed = _find_quote_fault(text, self._separator)
        limit = f"{MAX_ROW_CHARACTERS // 1_000_000} million characters or {MAX_ROW_LINES:,} lines"
        if closed is not None or not self._has_quotes:
            return _Unreadable(start, f"the row has more than {limit}: shorten it; nothing after it was read")
        return _Unreadable(
            start + text.count("\n", 0, opened),
            f"the text that a quote opens in cell {cell} goes on for more than {limit}: close the quote, shorten "
            f"the text, {_ORDINARY}; nothing after it was read",
        )


def _find_quote_fault(text: str, separator: str) -> tuple[int, int, int | None]:
    """Return the number of the first cell of a row whose quotes are wrong, and where they open and close.

    The last value is None for a quote that is not closed. For a row without such a fault, it is the end of the row.
    """
    end_of_cell = re.compile(f"[{re.escape(separator)}\r\n]|\\Z")
    cell, at = 1, 0
    while at < len(text):
        if text[at] == '"':
            quoted = _CLOSED.match(text, at)
            if quoted is None:
                return cell, at, None
            if end_of_cell.match(text, quoted.end()) is None:
                return cell, at, quoted.end()
            at = quoted.end()
        found = end_of_cell.search(text, at)
        at = found.end() if found is not None and found[0] else len(text)
        cell += 1
    return cell - 1, 0, len(text)


SOURCE = Source("CSV", (".csv", ".tsv"), read_delimited, has_lists=False)
