"""The part of a JSON document that is in memory: what is being read of it."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, BinaryIO

from orca_local.domain.json_text import parse_json_at
from orca_local.tasks.sources.text_input import undecodable

MAX_ITEM_CHARACTERS = 10_000_000
"""Limit of one value, which is in memory as a whole."""
_BLOCK_BYTES = 1 << 18
_SPACE = re.compile(r"[ \t\r\n]*")
_NEAR = 10
"""A fault this near to the end of what is in memory may be none in the whole text: `tru`, `1e`, `\\u00`."""


class BadJson(Exception):
    """The document cannot be read any further. The text says why."""

    def __init__(self, line: int, message: str) -> None:
        """`line` is 0 for a fault of the whole file."""
        super().__init__(message)
        self.line = line


class Window:
    """A part of a text in UTF-8, with a position in it. The part grows at its end, and loses what lies behind."""

    def __init__(self, file: BinaryIO) -> None:
        self.text = ""
        self.at = 0
        """Position of the next character."""
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._is_whole = False
        self._column = 0
        """Column of the first character of the part."""
        self._line, self._counted = 1, 0
        """Line of a position in the part."""

    def grow(self, size: int = _BLOCK_BYTES) -> bool:
        """Read about `size` more bytes; returns whether there were any. Raises `BadJson` for bytes that are no text."""
        if self._is_whole:
            return False
        data = self._file.read(size)
        self._is_whole = len(data) < size
        try:
            new = self._decoder.decode(data, final=self._is_whole)
        except UnicodeDecodeError as error:
            line = self.line(len(self.text)) + bytes(error.object)[: error.start].count(b"\n")
            raise BadJson(0, f"is {undecodable(error, f'in line {line}')}") from error
        if "\0" in new:
            raise BadJson(0, "holds a NUL byte: is it a text file?")
        self.text += new
        return bool(data)

    def line(self, position: int | None = None) -> int:
        """Return the line of a position that is not before the one asked for last; by default of the next character."""
        position = self.at if position is None else position
        self._line += self.text.count("\n", self._counted, position)
        self._counted = position
        return self._line

    def peek(self) -> str:
        """Skip white space, and return the next character; empty at the end of the text."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text) or not self.grow():
                return self.text[self.at : self.at + 1]
            self._drop()

    def take(self, character: str) -> bool:
        """Skip white space, and this character if it is the next one; returns whether it was."""
        if self.peek() != character:
            return False
        self.at += 1
        return True

    def value(self) -> Any:
        """Return the JSON value that begins here. Raises `BadJson` if there is none, or a very large one."""
        self.peek()
        self._drop()
        while True:
            try:
                value, end = parse_json_at(self.text, self.at)
            except json.JSONDecodeError as error:
                is_cut = error.pos + _NEAR >= len(self.text) or error.msg.startswith("Unterminated string")
                if not is_cut or not self._grow_for_value():
                    raise BadJson(self.line(error.pos), f"not JSON: {error.msg} at column {self._of(error)}") from None
                continue
            except ValueError as error:
                raise BadJson(self.line(), f"not JSON that can be read: {error}; correct it") from None
            if end < len(self.text) or not self._grow_for_value():
                self.at = end
                return value

    def _grow_for_value(self) -> bool:
        """Read more of a value, twice as much as there is."""
        size = len(self.text) - self.at
        if size > MAX_ITEM_CHARACTERS:
            limit = f"{MAX_ITEM_CHARACTERS // 1_000_000} million characters"
            raise BadJson(self.line(), f"the value that begins here goes on for more than {limit}: close or shorten it")
        return self.grow(max(_BLOCK_BYTES, size))

    def _of(self, error: json.JSONDecodeError) -> int:
        """Return the column of an error, from 1."""
        before = self.text.rfind("\n", 0, error.pos)
        return error.pos - before if before >= 0 else self._column + error.pos + 1

    def _drop(self) -> None:
        """Forget what lies before the position, if it is much."""
        if self.at < _BLOCK_BYTES:
            return
        end = self.text.rfind("\n", 0, self.at)
        self._column = self.at - end - 1 if end >= 0 else self._column + self.at
        self.line()
        self.text, self.at, self._counted = self.text[self.at :], 0, 0
