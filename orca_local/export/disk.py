"""Disk space for an export, and errors that say how much it lacked."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orca_local.domain.errors import InputError, MissingError, is_disk_full
from orca_local.system.disk import format_bytes, require_space

_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}
_HINT = "free some space, or move the workspace to another disk, and run the same command again"


def require_export_space(directory: Path, needed: int) -> None:
    """Raise `MissingError` before the work if an export of `needed` bytes cannot fit into `directory`."""
    require_space(directory, needed, "the export", hint=_HINT)


@contextmanager
def export_errors_explained(directory: Path, needed: int) -> Iterator[None]:
    """Turn an `OSError` of an export into `MissingError` (disk full) or `InputError` (not writable).

    `needed` is the size of the whole export in bytes.
    """
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise disk_full(directory, needed, str(error.strerror)) from error
        if error.errno in _NOT_ALLOWED:
            hint = "check that the directory can be written to"
            raise InputError(f"cannot write in {directory}: {error.strerror}", hint=hint) from error
        raise


def disk_full(directory: Path, needed: int, reason: str) -> MissingError:
    """The error for a disk that filled up during an export of `needed` bytes; `reason` is the system's message."""
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    return MissingError(
        f"the disk is full ({reason}): the export in {directory} needs about {format_bytes(needed)}, "
        f"{format_bytes(free)} are free; unfinished files were removed",
        hint=_HINT,
    )
