"""Writing without leaving halves behind, and saying what a full disk lacked."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orca_local.domain.errors import InputError, MissingError, is_disk_full
from orca_local.system.files import sync

_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}
_HINT = "free some space, or move the workspace to another disk, and export again"


def require_space(directory: Path, needed: int) -> None:
    """Refuse before the work what cannot fit: `needed` bytes in `directory`."""
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise MissingError(f"{directory} has {_size(free)} free; the export needs at least {_size(needed)}", hint=_HINT)


@contextmanager
def failures_explained(directory: Path, needed: int) -> Iterator[None]:
    """Turn the system's errors into ours: `MissingError` for a full disk, `InputError` for one that may not be used.

    `needed` is what the whole of the work takes, in bytes.
    """
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise disk_full(directory, needed, str(error.strerror)) from error
        if error.errno in _FORBIDDEN:
            hint = "check that the directory can be written to"
            raise InputError(f"cannot write in {directory}: {error.strerror}", hint=hint) from error
        raise


def disk_full(directory: Path, needed: int, said: str) -> MissingError:
    """The error for a disk that filled up while it was written to."""
    there = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(there).free
    return MissingError(
        f"the disk is full ({said}): the export in {directory} needs about {_size(needed)}, {_size(free)} are free; "
        "nothing half-written was left",
        hint=_HINT,
    )


@contextmanager
def scratch_directory(path: Path) -> Iterator[Path]:
    """A directory that is gone afterwards, whatever happens; one that a killed export left is cleared first."""
    try:
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)  # inside: Ctrl-C may come as soon as it is made
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def publish(made: Path, target: Path) -> None:
    """Give a finished file its final name; both lie in one file system."""
    sync(made)
    made.replace(target)
    sync(target.parent)


def write_text(path: Path, text: str) -> None:
    """Make a small file say `text`, whole or not at all."""
    raw = text.encode()
    part = path.with_name(path.name + ".part")
    if path.is_file() and path.read_bytes() == raw:
        part.unlink(missing_ok=True)
        return
    try:
        part.write_bytes(raw)
        publish(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _size(count: int) -> str:
    return f"{count:,} bytes" if count < 10_000_000 else f"{count / 1e9:.2f} GB ({count:,} bytes)"
