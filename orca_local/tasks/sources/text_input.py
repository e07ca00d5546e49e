"""Open a text file in any encoding, compressed with gzip or not, as a stream; and explain why one cannot be read."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from orca_local.domain.frozen import Frozen
from orca_local.domain.input_file import UnreadableError, open_input, wide_encoding
from orca_local.tasks.import_request import ReadOptions
from orca_local.tasks.sources.base import Problem, Record
from orca_local.tasks.sources.file_type import foreign_type

HEAD_BYTES = 1 << 16
"""Number of bytes by which a file is recognized."""
_GZIP = b"\x1f\x8b"
_WORD_BYTES = 30
"""Number of bytes on each side of a wrong one in which its word is looked for."""
_WORD = re.compile(rb"[\w\x80-\xff'-]+")
_WORD_END = re.compile(_WORD.pattern + rb"\Z")


class TextInput(Frozen):
    """An open text file."""

    file: BinaryIO
    """Its bytes, decompressed."""
    head: bytes
    """The first of these bytes; they are read again from `file`."""
    encoding: str
    """Name of the encoding; `utf-8-sig` for UTF-8, with a byte order mark or without."""


@contextmanager
def open_text(location: str, options: ReadOptions) -> Iterator[TextInput]:
    """Open a text file, and recognize its compression and its encoding.

    Raises `UnreadableError` for a file that cannot be opened, and for one that is no text.
    """
    path = Path(location)
    with open_location(location, options) as raw:
        head, file = _peek(_Counted(raw, options.on_read))
        if head.startswith(_GZIP):
            head, file = _peek(gzip.GzipFile(fileobj=file))
        if problem := foreign_type(head):
            raise UnreadableError(path, problem)
        yield TextInput(file, head, _encoding(path, head, options.encoding))


def open_location(location: str, options: ReadOptions) -> BinaryIO:
    """Open the bytes of a file: at a path, or as `options` say. Raises `UnreadableError` as `open_input` does."""
    return open_input(Path(location)) if options.open_file is None else options.open_file(location)


@contextmanager
def open_utf8(location: str, options: ReadOptions) -> Iterator[TextInput]:
    """Open a text file as `open_text` does, with its bytes converted to UTF-8."""
    with open_text(location, options) as text:
        if text.encoding == "utf-8-sig":
            yield text
        else:
            head, file = _peek(_Recoded(Path(location), text.file, text.encoding))
            yield TextInput(file, head, "utf-8-sig")


def with_file_problems(location: str, items: Iterator[Record | Problem]) -> Iterator[Record | Problem]:
    """Yield what a source reads, and a problem of the whole file for what reading it raises."""
    try:
        yield from items
    except UnreadableError as error:
        yield Problem(location, 0, error.reason)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        what = "is cut off" if isinstance(error, EOFError) else f"is damaged ({error})"
        yield Problem(location, 0, f"cannot be decompressed to its end, because it {what}: download it again")
    except UnicodeError as error:  # such as UTF-16 that does not say the order of its bytes
        yield Problem(location, 0, f"cannot be decoded ({error}): give another --encoding, such as utf-16-le or cp1252")
    except OSError as error:
        yield Problem(location, 0, f"cannot be read: {error.strerror}")


def undecodable(error: UnicodeDecodeError, place: str = "") -> str:
    """Return why bytes are no text in their encoding, with the encoding to ask for if they are likely to be in it."""
    data, start = bytes(error.object), error.start
    place = place or f"at position {start + 1}"
    name = re.sub(r"^UTF-(\d+).*", r"UTF-\1", error.encoding.upper())
    found = f"not {name}: byte 0x{data[start]:02x} {place}"
    if name != "UTF-8":
        return f"{found}; give its encoding with --encoding, or save it as UTF-8 text"
    before = _WORD_END.search(data, max(0, start - _WORD_BYTES), start)
    after = _WORD.match(data, start, start + _WORD_BYTES)
    try:
        word = b"".join(part[0] for part in (before, after) if part).decode("cp1252")
    except UnicodeDecodeError:
        return f"{found}; save the file as UTF-8 text"
    return f"{found}; save the file as UTF-8 text, or add --encoding cp1252 if it is meant to read {word!r}"


def _encoding(path: Path, head: bytes, asked: str | None) -> str:
    if asked is not None:
        name = codecs.lookup(asked).name
        is_marked = name.startswith(("utf-16", "utf-32")) and wide_encoding(head) == name[:6]
        return "utf-8-sig" if name == "utf-8" else name[:6] if is_marked else name
    found = wide_encoding(head)
    if found in ("", "utf-16", "utf-32"):
        return found or "utf-8-sig"
    reason = f"is {found[:6].upper()}, not UTF-8: save it as UTF-8 text, or add --encoding {found}"
    raise UnreadableError(path, reason)


def _peek(file: io.RawIOBase | io.BufferedIOBase) -> tuple[bytes, BinaryIO]:
    """Return the first bytes of a stream, and a stream that has them again."""
    parts, missing = [], HEAD_BYTES
    while missing and (part := file.read(missing)):
        parts.append(part)
        missing -= len(part)
    head = b"".join(parts)
    return head, io.BufferedReader(_Rewound(head, file), HEAD_BYTES)


class _Stream(io.RawIOBase):
    """Base of the streams that pass on what another one reads."""

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Copy the next bytes into a buffer, and return how many; 0 at the end."""
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _next(self, size: int) -> bytes:
        raise NotImplementedError


class _Counted(_Stream):
    """Reports how many bytes were read."""

    def __init__(self, file: BinaryIO, on_read: Callable[[int], None] | None) -> None:
        super().__init__()
        self._file, self._on_read = file, on_read

    def _next(self, size: int) -> bytes:
        data = self._file.read(size) or b""  # None: a file of the system that has nothing now
        if self._on_read is not None and data:
            self._on_read(len(data))
        return data


class _Rewound(_Stream):
    """Begins again with bytes that were read before."""

    def __init__(self, head: bytes, file: io.RawIOBase | io.BufferedIOBase) -> None:
        super().__init__()
        self._head, self._file = head, file

    def _next(self, size: int) -> bytes:
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        return self._file.read(size) or b""


class _Recoded(_Stream):
    """Converts a text of another encoding to UTF-8."""

    def __init__(self, path: Path, file: BinaryIO, encoding: str) -> None:
        super().__init__()
        self._path, self._file = path, file
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""
        self._count = 0

    def _next(self, size: int) -> bytes:
        while not self._ready:
            data = self._file.read(HEAD_BYTES)
            self._count += len(data)
            try:
                self._ready = self._decoder.decode(data, final=not data).encode("utf-8", "surrogatepass")
            except UnicodeDecodeError as error:
                place = f"at position {self._count - len(error.object) + error.start + 1:,}"
                raise UnreadableError(self._path, f"is {undecodable(error, place)}") from error
            if not data:
                break
        result, self._ready = self._ready[:size], self._ready[size:]
        return result
