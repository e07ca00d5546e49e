"""Reads the values of a GGUF header from a file's bytes, and trusts no length that the file cannot hold.

Nothing is allocated before the file is seen to be long enough for it, and nothing beyond `MAX_HEADER`.
"""

from __future__ import annotations

import mmap
import struct
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from orca_local.domain.errors import InputError
from orca_local.gguf.lists import LENGTH, StringList, decoded

MAX_HEADER = 64 << 20
"""Maximum size of a header: a corrupt length must not fill the memory. A vocabulary of 262,144 tokens takes 15 MiB."""
MAX_KEY, MAX_NAME = 1 << 16, 1 << 10
"""Maximum length of a metadata key and of a tensor name, in bytes. llama.cpp itself takes names of 63 bytes."""
HINT = "download the file again, or check that it is a GGUF model"

SCALARS: Mapping[int, Any] = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""The `struct` character of each type of number."""
STRING, ARRAY = 8, 9
_CACHED_LISTS, _MIN_CACHED = 2, 1000
"""Number of lists of strings whose ends are kept, and the minimum length of such a list: a vocabulary has two."""
_SHOWN = 80
"""How many characters of a name or value from the file a message shows."""


def shown(value: object) -> str:
    """A value from the file as a message shows it: not longer than a line, whatever the file holds."""
    if isinstance(value, memoryview | StringList):
        return f"<a list of {len(value):,}>"
    text = repr(value[: _SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class ByteReader:
    """Reads one value after another. Raises `InputError` that says what is wrong with the file."""

    cached_lists: ClassVar[tuple[tuple[bytes, array[int]], ...]] = ()
    """The bytes of long lists of strings that were read last, and the ends of their strings."""

    def __init__(self, data: mmap.mmap, path: Path) -> None:
        """`data` are the bytes of the file at `path`."""
        self.data = data
        self.path = path
        self.at = 0
        """Position of the next byte."""
        self._end = min(len(data), MAX_HEADER)
        self._place = ""

    @contextmanager
    def reading(self, place: str) -> Iterator[None]:
        """Name `place` in the errors of the block."""
        self._place = f"{place}: "
        yield
        self._place = ""

    def fail(self, what: str) -> NoReturn:
        """Raise an error for a file that contradicts itself or the format."""
        raise InputError(f"{self.path} is corrupt: {self._place}{what}", hint=HINT)

    def require(self, count: int) -> None:
        """Raise an error unless the header can hold `count` more bytes."""
        if count <= self._end - self.at:
            return
        if self.at + count > len(self.data):
            raise InputError(
                f"{self.path} is cut short or corrupt: {self._place}its header needs byte {self.at + count:,}, "
                f"the file ends at {len(self.data):,}",
                hint=HINT,
            )
        self.fail(f"its header would be larger than {MAX_HEADER >> 20} MiB")

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        self.require(count)
        piece = self.data[self.at : self.at + count]
        self.at += count
        return piece

    def number(self, form: str) -> Any:
        """The next number; `form` is its `struct` character."""
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def string(self, limit: int = MAX_HEADER) -> str:
        """The next string, of at most `limit` bytes."""
        start = self.at + LENGTH.size
        self._skip_strings(1)
        if self.at - start > limit:
            self.fail(f"a name of {self.at - start:,} bytes: {shown(decoded(self.data[start : start + _SHOWN]))}")
        return decoded(self.data[start : self.at])

    def pair(self) -> tuple[str, bytes, Any]:
        """The next metadata pair: its key, all its bytes, and its value."""
        start = self.at
        key = self.string(MAX_KEY)
        with self.reading(shown(key)):
            kind = self.number("I")
            if kind == ARRAY:
                return self._list_pair(start, key)
            if kind != STRING and kind not in SCALARS:
                self.fail(f"metadata type {kind} does not exist")
            value = self.string() if kind == STRING else self.number(SCALARS[kind])
        return key, self.data[start : self.at], value

    def _list_pair(self, start: int, key: str) -> tuple[str, bytes, Any]:
        item, count = self.number("I"), self.number("Q")
        if item == STRING:
            ends = self._skip_strings(count) if count < _MIN_CACHED else self._skip_long_list(count)
            pair = self.data[start : self.at]
            return key, pair, StringList(pair, ends)
        if item not in SCALARS:
            self.fail(f"a list of metadata type {item}")
        size = count * struct.calcsize("<" + SCALARS[item])
        self.require(size)
        self.at += size
        pair = self.data[start : self.at]
        numbers = memoryview(pair)[len(pair) - size :].cast(SCALARS[item])
        return key, pair, numbers.tolist() if count < _MIN_CACHED else numbers

    def _skip_long_list(self, count: int) -> array[int]:
        """The same as `_skip_strings`, but a list with the same bytes as one of the last is not parsed again."""
        for raw, ends in ByteReader.cached_lists:
            if len(ends) == count and self.data[self.at : min(self.at + len(raw), self._end)] == raw:
                self.at += len(raw)
                return ends
        first, ends = self.at, self._skip_strings(count)
        ByteReader.cached_lists = ((self.data[first : self.at], ends), *ByteReader.cached_lists[: _CACHED_LISTS - 1])
        return ends

    def _skip_strings(self, count: int) -> array[int]:
        """Skip `count` strings; return their ends, counted from here. A vocabulary has a hundred thousand."""
        self.require(count * LENGTH.size)
        data, at, end, unpack = self.data, self.at, self._end, LENGTH.unpack_from
        first, ends = at, array("I")
        for _ in range(count):
            self.at = at
            if at + LENGTH.size > end:
                self.require(LENGTH.size)
            at += LENGTH.size + unpack(data, at)[0]
            if at > end:
                self.require(at - self.at)
            ends.append(at - first)
        self.at = at
        return ends
