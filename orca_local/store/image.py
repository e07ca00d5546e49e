"""The content of a database file with its log, read without opening it: nothing is written beside it.

Formats: https://www.sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

from orca_local.domain.errors import InputError, os_errors_explained

HEADER = b"SQLite format 3\0"
HEADER_BYTES = 100
_LOG_MAGIC = (0x377F0682, 0x377F0683)
"""The last bit says whether the checksums are of big-endian numbers."""
_WORD = 0xFFFFFFFF


def read_image(path: Path, log: Path | None = None) -> bytes:
    """The bytes of a database after the committed part of `log`; without one, of the file alone.

    A log that is cut short or of another database counts as far as its checksums are right. Raises `InputError` if
    the file cannot be read.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}", hint="check the path")
    with os_errors_explained(path, hint="check the path and its permissions"):
        image = bytearray(path.read_bytes())
        if log is not None and log.is_file():
            _apply_log(image, log.read_bytes())
    # Without this, SQLite looks for a log, which a database in memory cannot have.
    if image[:16] == HEADER:
        image[18:20] = b"\1\1"
    return bytes(image)


def log_path(path: Path) -> Path:
    """The log of a database, whether it exists or not."""
    return path.with_name(path.name + "-wal")


def open_image(image: bytes) -> sqlite3.Connection:
    """A connection to a copy of the database in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        if image:
            connection.deserialize(image)
    except BaseException:
        connection.close()
        raise
    return connection


def page_size(image: bytes | bytearray) -> int:
    """The page size that the header of a database names, in bytes; 0 if it names none."""
    if len(image) < HEADER_BYTES or image[:16] != HEADER:
        return 0
    size = int.from_bytes(image[16:18], "big")
    size = 65536 if size == 1 else size
    return size if size >= 512 and size & (size - 1) == 0 else 0


def _apply_log(image: bytearray, log: bytes) -> None:
    """Write the pages of every whole transaction in `log` into `image`."""
    if len(log) < 32:
        return
    magic, _, size = struct.unpack(">III", log[:12])
    if magic not in _LOG_MAGIC or size < 512 or size & (size - 1) or page_size(image) not in (0, size):
        return
    order = ">" if magic & 1 else "<"
    salts = log[16:24]
    state = _checksum(log[:24], (0, 0), order)
    if state != struct.unpack(">II", log[24:32]):
        return
    pages: dict[int, bytes] = {}
    for start in range(32, len(log) - size - 23, size + 24):
        frame, page = log[start : start + 24], log[start + 24 : start + 24 + size]
        state = _checksum(page, _checksum(frame[:8], state, order), order)
        if frame[8:16] != salts or state != struct.unpack(">II", frame[16:24]):
            return
        number, pages_after = struct.unpack(">II", frame[:8])
        pages[number] = page
        if pages_after:
            _write_pages(image, pages, size, pages_after)
            pages.clear()


def _write_pages(image: bytearray, pages: dict[int, bytes], size: int, count: int) -> None:
    if any(not 0 < number <= count for number in pages):
        return
    highest = max(pages) * size
    image.extend(bytes(max(0, highest - len(image))))
    for number, page in pages.items():
        image[(number - 1) * size : number * size] = page
    del image[count * size :]


def _checksum(data: bytes, state: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = state
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for a, b in zip(words[::2], words[1::2], strict=True):
        first = (first + a + second) & _WORD
        second = (second + b + first) & _WORD
    return first, second
