"""Lists in a GGUF's metadata that decode an item when it is read.

A decoded vocabulary of 50,000 tokens with its merges takes 14 MB, and few readers of a header need it.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from typing import Generic, TypeVar, overload

LENGTH = struct.Struct("<Q")
"""A string's length in bytes, in front of the string."""

Item = TypeVar("Item", bound=str | int | float | bool)


class _LazyList(Sequence[Item], Generic[Item]):
    """A list that decodes an item when it is read. Equal to any list of the same items."""

    __slots__ = ("_count",)

    def __init__(self, count: int) -> None:
        self._count = count

    def _item(self, index: int) -> Item:
        raise NotImplementedError

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        numbers = range(self._count)[index]
        return [self._item(i) for i in numbers] if isinstance(numbers, range) else self._item(numbers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(_equal, self, other))

    def __repr__(self) -> str:
        return f"<a list of {self._count:,}>"


def _equal(mine: object, other: object) -> bool:
    return mine == other


class StringList(_LazyList[str]):
    """A list of strings."""

    __slots__ = ("_ends", "_first", "_pair")

    def __init__(self, pair: bytes, ends: array[int]) -> None:
        """`pair` ends with the strings, each after its length; `ends` are their ends, counted from the first length."""
        super().__init__(len(ends))
        self._pair = pair
        self._ends = ends
        self._first = len(pair) - (ends[-1] if ends else 0)

    def _item(self, index: int) -> str:
        begin = self._ends[index - 1] if index else 0
        return decoded(self._pair[self._first + begin + LENGTH.size : self._first + self._ends[index]])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, StringList):
            return self._pair[self._first :] == other._pair[other._first :]
        return super().__eq__(other)


class NumberList(_LazyList[int | float | bool]):
    """A list of numbers or truth values."""

    __slots__ = ("_first", "_form", "_pair")

    def __init__(self, pair: bytes, count: int, form: str) -> None:
        """`pair` ends with `count` values; `form` is their `struct` character."""
        super().__init__(count)
        self._pair = pair
        self._form = struct.Struct("<" + form)
        self._first = len(pair) - count * self._form.size

    def _item(self, index: int) -> int | float | bool:
        value: int | float | bool = self._form.unpack_from(self._pair, self._first + index * self._form.size)[0]
        return value


def decoded(text: bytes) -> str:
    """The text of `text`. Byte-level vocabularies have tokens that are not whole characters."""
    return text.decode("utf-8", "surrogateescape")
