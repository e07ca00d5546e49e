"""Writes files and directories that appear whole or not at all, and that survive a loss of power.

New files can be read by their owner alone, whatever the umask, because most of them hold answers or settings. A file
that is replaced keeps the permissions that its owner gave it. Temporary files have names that nobody can foresee, are
always new, and are never reached through a link.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from orca_local.domain.errors import os_errors_explained
from orca_local.system.processes import process_started

ABANDONED_S = 3600
"""Seconds after which a temporary file that is no longer written to belongs to a process that was killed."""
PRIVATE_MODE, PUBLIC_MODE = 0o600, 0o666
"""Permissions of a new file: for its owner alone, or as the umask says."""
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BESIDE = ("-wal", "-shm", "-journal")
"""Endings of what SQLite leaves beside a database when the disk is full."""
_MAX_STEM_BYTES = 200
"""How much of a file's name its temporary name repeats; a name has at most 255 bytes."""


@contextmanager
def whole_file(path: Path, *, many_writers: bool = False, mode: int = PRIVATE_MODE) -> Iterator[Path]:
    """Yield the path of a new empty file beside `path`; at the end of the block it becomes `path`.

    The file is on disk before it gets its final name. If the block raises, the temporary file is removed, and those
    that killed processes left are removed at the start. With `many_writers`, processes on other machines may write the
    same file meanwhile: only those that nobody has written to for an hour are removed. A new file gets `mode`. Raises
    `OSError` as the system does.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise FileExistsError(errno.EEXIST, "it is a device or pipe, not a file", str(path))
    _remove_abandoned_parts(path, many_writers=many_writers)
    part = path.with_name(f"{_stem(path)}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NO_LINK, mode))
        yield part
        _copy_permissions(path, part)
        publish(part, path)
    except BaseException:
        for suffix in ("", *_BESIDE):
            part.with_name(part.name + suffix).unlink(missing_ok=True)
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
    """Remove a temporary directory, if it exists; a killed process leaves its own. A link is removed, not followed."""
    if path.is_symlink():
        path.unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def scratch_directory(path: Path) -> Iterator[Path]:
    """Yield a new empty directory at `path` and remove it afterwards, also one that a killed process left."""
    try:
        remove_directory(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700)  # inside the block: Ctrl-C may arrive right after it is created
        yield path
    finally:
        remove_directory(path)


def write_whole(path: Path, text: str, *, hint: str, mode: int = PRIVATE_MODE) -> None:
    """Replace the content of `path` by `text` (UTF-8), whole or not at all. A new file gets `mode`.

    A symbolic link stays a link. A path that is not a regular file, such as /dev/stdout, is written to directly.
    Raises `MissingError` if the disk is full, and `InputError` with `hint` if the path cannot be written.
    """
    with os_errors_explained(path, hint=hint):
        if path.exists() and not path.is_file():
            _write_directly(path, text)
        else:
            with whole_file(path.resolve(), mode=mode) as part:
                _write(part, text)


def write_if_changed(path: Path, text: str) -> None:
    """Replace the content of a small file by `text`, whole or not at all; an equal file is not touched.

    It is for files that are given to others: a new one has the permissions that the umask allows.
    Raises `OSError` as the system does.
    """
    if path.is_file() and path.read_bytes() == text.encode():
        _remove_abandoned_parts(path, many_writers=False)
        return
    with whole_file(path, mode=PUBLIC_MODE) as part:
        _write(part, text)


def make_private(path: Path) -> None:
    """Create the empty file `path` for its owner alone. Raises `FileExistsError` if there is one, or a link."""
    path.touch(mode=PRIVATE_MODE, exist_ok=False)


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


def _stem(path: Path) -> str:
    return os.fsdecode(os.fsencode(path.name)[:_MAX_STEM_BYTES])


def _copy_permissions(path: Path, part: Path) -> None:
    """Give `part` the permissions of the file that it replaces, if there is one."""
    with suppress(FileNotFoundError):
        old = path.lstat().st_mode
        if stat.S_ISREG(old):
            part.chmod(stat.S_IMODE(old))


def _remove_abandoned_parts(path: Path, *, many_writers: bool) -> None:
    """Remove the temporary files of `path` that killed processes left; earlier versions named them `NAME.part`."""
    name = re.compile(re.escape(_stem(path)) + r"\.(?:(\d+)\.(?:[0-9a-f]{8}\.)?)?part(?:-wal|-shm|-journal)?")
    with suppress(OSError):  # writing explains it better
        for part in path.parent.iterdir():
            match = name.fullmatch(part.name)
            if match is None:
                continue
            with suppress(FileNotFoundError, IsADirectoryError):  # another process removed it first
                is_old = time.time() - part.lstat().st_mtime > ABANDONED_S
                is_dead = not many_writers and (match[1] is None or process_started(int(match[1])) is None)
                if is_old or is_dead:
                    part.unlink()


def _write_directly(path: Path, text: str) -> None:
    try:
        # Without this flag, opening a pipe waits until somebody reads from it.
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "it is a pipe that nobody reads from, or a socket", str(path)) from error
        raise
    os.set_blocking(handle, True)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
