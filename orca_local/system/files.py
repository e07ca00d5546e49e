"""Writes files and directories that appear whole or not at all, and that survive a loss of power."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from orca_local.domain.errors import os_errors_explained

ABANDONED_S = 3600
"""Seconds after which a temporary file that is no longer written to belongs to a process that was killed."""


@contextmanager
def whole_file(path: Path, *, many_writers: bool = False) -> Iterator[Path]:
    """Yield the temporary path `NAME.part` beside `path`; at the end of the block it becomes `path`.

    The file is on disk before it gets its final name. If the block raises, the temporary file is removed. With
    `many_writers`, other processes may write the same file meanwhile: each has a temporary file of its own, and those
    that nobody has written to for an hour are removed. Raises `OSError` as the system does.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part" if many_writers else f"{path.name}.part")
    if many_writers:
        _remove_abandoned_parts(path)
    try:
        yield part
        publish(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def whole_directory(path: Path) -> Iterator[Path]:
    """Yield an empty temporary directory beside `path`; at the end of the block it replaces `path`.

    Its files are on disk before it gets its final name. If the block raises, it is removed and `path` stays.
    """
    part = path.with_name(path.name + ".part")
    with scratch_directory(part):
        yield part
        for file in part.iterdir():
            sync(file)
        sync(part)
        shutil.rmtree(path, ignore_errors=True)
        part.rename(path)
        sync(path.parent)


def remove_directory(path: Path) -> None:
    """Remove a temporary directory, if it exists; a killed process leaves its own."""
    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def scratch_directory(path: Path) -> Iterator[Path]:
    """Yield a new empty directory at `path` and remove it afterwards, also one that a killed process left."""
    try:
        remove_directory(path)
        path.mkdir(parents=True)  # inside the block: Ctrl-C may arrive right after it is created
        yield path
    finally:
        remove_directory(path)


def write_whole(path: Path, text: str, *, hint: str) -> None:
    """Replace the content of `path` by `text` (UTF-8), whole or not at all.

    A symbolic link stays a link. A path that is not a regular file, such as /dev/stdout, is written to directly.
    Raises `MissingError` if the disk is full, and `InputError` with `hint` if the path cannot be written.
    """
    with os_errors_explained(path, hint=hint):
        if path.exists() and not path.is_file():
            _write(path, text)
        else:
            with whole_file(path.resolve()) as part:
                _write(part, text)


def write_if_changed(path: Path, text: str) -> None:
    """Replace the content of a small file by `text`, whole or not at all; an equal file is not touched.

    Raises `OSError` as the system does.
    """
    if path.is_file() and path.read_bytes() == text.encode():
        path.with_name(path.name + ".part").unlink(missing_ok=True)  # left by a killed process
        return
    with whole_file(path) as part:
        _write(part, text)


def publish(part: Path, path: Path) -> None:
    """Give a finished file its final name, in the same file system, and wait until the disk has both."""
    sync(part)
    part.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until the disk has a file, or the names in a directory. Windows cannot do this for directories."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_abandoned_parts(path: Path) -> None:
    for part in path.parent.glob(f"{escape(path.name)}.*.part"):
        with suppress(FileNotFoundError):  # another process removed it first
            if time.time() - part.stat().st_mtime > ABANDONED_S:
                part.unlink()


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
