"""Lists of strings in a GGUF's metadata that decode a string when it is read.

A decoded vocabulary of 50,000 tokens with its merges takes 14 MB, and few readers of a header need it.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from typing import overload

LENGTH = struct.Struct("<Q")
"""A string's length in bytes, in front of the string."""


class StringList(Sequence[str]):
    """A list of strings that decodes one when it is read. Equal to any list of the same strings."""

    __slots__ = ("_ends", "_first", "_pair")

    def __init__(self, pair: bytes, ends: array[int]) -> None:
        """`pair` ends with the strings, each after its length; `ends` are their ends, counted from the first length."""
        self._pair = pair
        self._ends = ends
        self._first = len(pair) - (ends[-1] if ends else 0)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        numbers = range(len(self))[index]
        if isinstance(numbers, range):
            return [self[number] for number in numbers]
        begin = self._ends[numbers - 1] if numbers else 0
        return decoded(self._pair[self._first + begin + LENGTH.size : self._first + self._ends[numbers]])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, StringList):
            return self._pair[self._first :] == other._pair[other._first :]
        return isinstance(other, Sequence) and [*self] == [*other]


def decoded(text: bytes) -> str:
    """The text of `text`. Byte-level vocabularies have tokens that are not whole characters."""
    return text.decode("utf-8", "surrogateescape")
