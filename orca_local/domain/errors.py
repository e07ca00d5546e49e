"""What can go wrong, said once: a message with the value, and the remedy."""

from __future__ import annotations

import errno
from pathlib import Path


class OrcaError(Exception):
    """A failure that the user can act on; anything else is a bug of ours."""

    kind = "failed"
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        """The command or change that fixes it."""


class InputError(OrcaError):
    """Bad usage, a bad file or a bad setting."""

    kind = "input"
    exit_code = 2


class MissingError(OrcaError):
    """Something that this machine lacks: a model, a package, memory, disk."""

    kind = "missing"
    exit_code = 3


class OutOfMemory(MissingError):
    """The memory did not suffice for a computation, which changed nothing."""

    kind = "memory"


class DivergedError(OrcaError):
    """A training that leads nowhere: the same recipe would fail at the same step again."""

    kind = "diverged"


class RemoteError(OrcaError):
    """The teacher, the hub or the network did not do its part."""

    kind = "remote"
    exit_code = 4


class BusyError(OrcaError):
    """Another run holds the workspace."""

    kind = "busy"


class AcceptanceError(OrcaError):
    """An export failed its acceptance test; nothing was written under a final name."""

    kind = "acceptance"


def error_of(message: str, hint: str, exit_code: int) -> OrcaError:
    """The error that another process of ours ended with."""
    kinds = {kind.exit_code: kind for kind in (OrcaError, InputError, MissingError, RemoteError)}
    return kinds.get(exit_code, OrcaError)(message, hint=hint)


_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_PLACE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP}


def is_disk_full(error: OSError) -> bool:
    """Whether a disk, a quota or a limit left no room."""
    return error.errno in _FULL


def explain_os_error(error: OSError, path: Path | None = None, *, hint: str = "") -> OrcaError | None:
    """What an error of the system means to the user: a full disk, or a place that is not theirs to use.

    `path` is what was to be written, where that is known, and `hint` what else to do about it. None for an
    error of another sort.
    """
    place = path or error.filename or "the output"
    remedy = hint or "check the path and its permissions"
    if is_disk_full(error):
        return MissingError(f"{place} cannot be written: the disk is full", hint="free some space, then run this again")
    if error.errno in _FORBIDDEN or (path is not None and error.errno in _NO_PLACE):
        return InputError(f"{place} cannot be {'written' if path else 'used'}: {error.strerror}", hint=remedy)
    return None
