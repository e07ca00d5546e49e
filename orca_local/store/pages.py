"""Reads the rows in the pages of a damaged database, where SQLite itself cannot get to them.

A page is read on its own, so that a row is found though the pages that lead to it are lost. Formats:
https://www.sqlite.org/fileformat2.html#b_tree_pages.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress

from orca_local.domain.frozen import Frozen
from orca_local.store.image import page_size

Value = int | float | str | bytes | None

_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR = 0x0D, 0x0A, 0x02
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
DEFAULT_PAGE = 4096
"""The page size of every database that this program makes."""
MAX_FREE_PAGES = 1 << 22


class Record(Frozen):
    """One row as it is stored."""

    page: int
    rowid: int | None
    """None in a table without row ids, and in an index."""
    values: tuple[Value, ...]
    """The columns in the order of storage. An integer primary key is None here: it is the row id."""


class _Pages:
    """The pages of a database."""

    def __init__(self, image: bytes) -> None:
        self._image = image
        self.size = page_size(image) or DEFAULT_PAGE
        reserved = image[20] if page_size(image) else 0
        self.usable = self.size - (reserved if reserved < self.size - 480 else 0)
        self.count = -(-len(image) // self.size)

    def page(self, number: int) -> bytes:
        """The bytes of a page; of the last one of a cut file, what there is."""
        return self._image[(number - 1) * self.size : number * self.size]

    def free(self) -> set[int]:
        """The pages that hold nothing any more, as far as the list of them can be read."""
        free: set[int] = set()
        trunk = int.from_bytes(self._image[32:36], "big") if page_size(self._image) else 0
        while 0 < trunk <= self.count and trunk not in free and len(free) < MAX_FREE_PAGES:
            free.add(trunk)
            page = self.page(trunk)
            following, leaves = struct.unpack(">II", page[:8]) if len(page) >= 8 else (0, 0)
            if leaves <= self.size // 4 - 2:
                free.update(struct.unpack(f">{leaves}I", page[8 : 8 + 4 * leaves].ljust(4 * leaves, b"\0")))
            trunk = following
        return free

    def payload(self, page: bytes, start: int, length: int, *, is_index: bool) -> bytes:
        """The bytes of a cell that begin at `start`, with those on overflow pages. Raises `ValueError` if some lack."""
        usable = self.usable
        most = (usable - 12) * 64 // 255 - 23 if is_index else usable - 35
        local = length
        if length > most:
            least = (usable - 12) * 32 // 255 - 23
            local = least + (length - least) % (usable - 4)
            local = local if local <= most else least
        data = page[start : start + local]
        following = int.from_bytes(page[start + local : start + local + 4], "big") if length > local else 0
        parts, count = [data], len(data)
        while count < length:
            if not 0 < following <= self.count or not count:
                raise ValueError("the rest of a row is lost")
            overflow = self.page(following)
            part = overflow[4 : 4 + min(usable - 4, length - count)]
            if not part:
                raise ValueError("the rest of a row is lost")
            parts.append(part)
            count += len(part)
            following = int.from_bytes(overflow[:4], "big")
        return b"".join(parts)


def iter_records(image: bytes) -> Iterator[Record]:
    """Yield every row, and every entry of an index, in the pages that are in use."""
    pages = _Pages(image)
    free = pages.free()
    for number in range(1, pages.count + 1):
        if number not in free:
            yield from _records_of_page(pages, number)


def _records_of_page(pages: _Pages, number: int) -> Iterator[Record]:
    page = pages.page(number)
    start = 100 if number == 1 else 0
    if len(page) < start + 8 or page[start] not in (_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR):
        return
    kind, cells = page[start], int.from_bytes(page[start + 3 : start + 5], "big")
    pointers = start + (12 if kind == _INDEX_INTERIOR else 8)
    for at in range(pointers, min(pointers + 2 * cells, len(page) - 1), 2):
        with suppress(ValueError, IndexError, struct.error):
            yield _record(pages, number, page, int.from_bytes(page[at : at + 2], "big"), kind)


def _record(pages: _Pages, number: int, page: bytes, at: int, kind: int) -> Record:
    if kind == _INDEX_INTERIOR:
        at += 4
    length, at = _varint(page, at)
    rowid: int | None = None
    if kind == _TABLE_LEAF:
        rowid, at = _varint(page, at)
        rowid = rowid - (1 << 64) if rowid >> 63 else rowid
    if length > pages.usable * pages.count:
        raise ValueError("a row is longer than the file")
    return Record(number, rowid, _values(pages.payload(page, at, length, is_index=kind != _TABLE_LEAF)))


def _values(payload: bytes) -> tuple[Value, ...]:
    """The columns of a row. Raises `ValueError` if the bytes are not a row."""
    end, at = _varint(payload, 0)
    if not at <= end <= len(payload):
        raise ValueError("a row has no header")
    values: list[Value] = []
    body = end
    while at < end:
        serial, at = _varint(payload, at)
        value, body = _value(payload, serial, body)
        values.append(value)
    if body != len(payload):
        raise ValueError("a row has another length than its header says")
    return tuple(values)


def _value(payload: bytes, serial: int, at: int) -> tuple[Value, int]:
    if serial in (0, 8, 9):
        return {0: None, 8: 0, 9: 1}[serial], at
    if serial in (10, 11):
        raise ValueError("a row has a value of an unknown type")
    size = 8 if serial == 7 else _INTEGER_BYTES[serial] if serial <= 6 else (serial - 12) // 2
    data, at = payload[at : at + size], at + size
    if len(data) != size:
        raise ValueError("a row is cut short")
    if serial == 7:
        return float(struct.unpack(">d", data)[0]), at
    if serial <= 6:
        return int.from_bytes(data, "big", signed=True), at
    return (data.decode() if serial % 2 else data), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of up to nine bytes, and the place after it. Raises `IndexError` at the end of the data."""
    value = 0
    for place in range(at, at + 8):
        byte = data[place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + 1
    return value << 8 | data[at + 8], at + 9
