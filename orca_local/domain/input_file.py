"""Open and read files that people name: regular files and pipes, never a device that has no end."""

from __future__ import annotations

import errno
import io
import os
import select
import stat
from pathlib import Path
from typing import BinaryIO

from orca_local.domain.errors import InputError, shown_path

MAX_TEXT_BYTES = 1_000_000
MAX_PIPE_BYTES = 1_000_000_000
"""A pipe that goes on for longer has no end."""
PIPE_WAIT_S = 10.0
"""Seconds to wait for the other end of a pipe."""
_NO_FILE = "there is no such file"
_CHECK = "check the path"
_SAVE = "write its output to a file first, and give that file"


class UnreadableError(InputError):
    """A file that a person named cannot be read."""

    def __init__(self, path: Path, reason: str, *, hint: str = _CHECK) -> None:
        place = shown_path(path)
        link = "cannot be read: it " if reason.startswith("is a ") else ""
        super().__init__(f"there is no file {place}" if reason == _NO_FILE else f"{place} {link}{reason}", hint=hint)
        self.reason = reason
        """The message without the path."""


def open_input(path: Path) -> BinaryIO:
    """Open a regular file or a pipe for reading bytes.

    Raises `UnreadableError` for a path that does not exist, a directory and a device, and later when nothing comes
    from a pipe for ten seconds.
    """
    try:
        # Without this flag, opening a pipe waits until somebody writes to it.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise UnreadableError(path, _NO_FILE) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        if isinstance(error, IsADirectoryError):  # Windows says that it is forbidden
            raise UnreadableError(path, "is a directory, not a file", hint="name a file inside it") from error
        raise UnreadableError(path, f"cannot be read: {_text(error)}") from error
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    if stat.S_ISFIFO(mode):
        return io.BufferedReader(_Pipe(handle, path))
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise UnreadableError(path, "is a directory, not a file", hint="name a file inside it")
    raise UnreadableError(path, "is a device or socket, not a file", hint=_SAVE)


def read_input(path: Path, max_bytes: int = MAX_TEXT_BYTES) -> bytes:
    """Return the content of a file that a person named. Raises `UnreadableError`, also if it is larger."""
    with open_input(path) as file:
        try:
            data = file.read(max_bytes + 1)
        except OSError as error:
            raise UnreadableError(path, f"cannot be read: {_text(error)}") from error
    if len(data) > max_bytes:
        raise UnreadableError(path, f"is larger than {max_bytes // 1_000_000} MB", hint="make it smaller")
    return data


def load_text(path: Path) -> str:
    """Return the content of a text file that a person wrote, without a byte order mark.

    Raises `UnreadableError` for a file that cannot be read, is no UTF-8, holds a NUL byte, or has more than a megabyte.
    """
    data = read_input(path)
    if problem := encoding_problem(data):
        raise UnreadableError(path, problem, hint="save it as UTF-8 text")
    return data.decode("utf-8-sig")


def encoding_problem(data: bytes) -> str:
    """Return why these bytes are no text in UTF-8; empty if they are."""
    if encoding := wide_encoding(data):
        return f"is {encoding[:6].upper()}, not UTF-8"
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"is not UTF-8: byte 0x{data[error.start]:02x} at position {error.start + 1}"
    return "holds a NUL byte: is it a text file?" if b"\0" in data else ""


def wide_encoding(data: bytes) -> str:
    """Return the name of the encoding of a text in UTF-16 or UTF-32 that begins with these bytes; empty for another.

    With a byte order mark the name is `utf-16` or `utf-32`; without one it says the order, such as `utf-16-le`.
    """
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return _WIDE.get("".join("0" if byte == 0 else "x" for byte in data[:4]), "")


_WIDE = {
    "x000": "utf-32-le",
    "000x": "utf-32-be",
    "x0x0": "utf-16-le",
    "0x0x": "utf-16-be",
}
"""Encoding of a text by which of its first four bytes are 0: it begins with an ASCII character."""


class _Pipe(io.RawIOBase):
    """A pipe that is neither waited for without end nor read without end."""

    def __init__(self, handle: int, path: Path) -> None:
        super().__init__()
        self._handle, self._path = handle, path
        self._count = 0

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read what is there; wait for it if there is nothing yet. 0 at the end."""
        count = self._try(buffer)
        if count is None or not (count or self._count):  # no writer is no end: it may be about to start
            if not select.select([self._handle], [], [], PIPE_WAIT_S)[0]:
                reason = f"is a pipe from which nothing came for {PIPE_WAIT_S:g} seconds"
                raise UnreadableError(self._path, reason, hint=_SAVE)
            count = self._try(buffer) or 0
        self._count += count
        if self._count > MAX_PIPE_BYTES:
            raise UnreadableError(self._path, f"goes on after {MAX_PIPE_BYTES // 1_000_000_000} GB", hint=_SAVE)
        return count

    def _try(self, buffer: memoryview) -> int | None:
        """Read without waiting; None if somebody has the pipe open for writing but wrote nothing yet."""
        try:
            return os.readv(self._handle, [buffer])
        except BlockingIOError:
            return None

    def close(self) -> None:
        """Close the pipe."""
        if not self.closed:
            os.close(self._handle)
        super().close()


def _text(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return "the path is too long" if error.errno == errno.ENAMETOOLONG else str(error.strerror)
    return str(error)
