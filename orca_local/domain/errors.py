"""Errors for users: a message that names the value, and a hint that fixes it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class OrcaError(Exception):
    """A failure that the user can act on. Any other exception is a bug of this program."""

    kind = "failed"
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        """Command or change that fixes it."""


class InputError(OrcaError):
    """Wrong usage, a bad file or a bad setting."""

    kind = "input"
    exit_code = 2


class StoreError(InputError):
    """The database of a workspace is damaged, or holds what this program never writes."""

    kind = "damaged"


class MissingError(OrcaError):
    """This machine lacks something: a model, a package, memory or disk space."""

    kind = "missing"
    exit_code = 3


class OutOfMemory(MissingError):
    """There was too little memory for a computation, which changed nothing."""

    kind = "memory"


class DivergedError(OrcaError):
    """A training diverged. The same recipe would fail again at the same step."""

    kind = "diverged"


class RemoteError(OrcaError):
    """The teacher, the model hub or the network failed."""

    kind = "remote"
    exit_code = 4


class BusyError(OrcaError):
    """Another run is using the workspace."""

    kind = "busy"


class StoppedError(OrcaError):
    """The user interrupted a command that does not go on where it stopped."""

    kind = "interrupted"
    exit_code = 130


class AcceptanceError(OrcaError):
    """An export failed its acceptance test. No file has its final name."""

    kind = "acceptance"


def error_from_process(message: str, hint: str, exit_code: int) -> OrcaError:
    """Return the error of another process of this program, by the exit code that it ended with."""
    kinds = {kind.exit_code: kind for kind in (OrcaError, InputError, MissingError, RemoteError)}
    return kinds.get(exit_code, OrcaError)(message, hint=hint)


MAX_SHOWN_PATH = 200
"""Characters of a path that a message shows."""


def shown_path(path: object) -> str:
    """Return a path as a message names it: quoted if it is empty, shortened in the middle if it is very long."""
    text = str(path)
    if len(text) <= MAX_SHOWN_PATH:
        return text or "''"
    half = MAX_SHOWN_PATH // 2
    return f"{text[:half]}…{text[-half:]} ({len(text):,} characters)"


_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_IMPOSSIBLE = {errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO}
"""Errors of paths that a person gave: this program makes no such path itself."""
_BAD_PATH = _IMPOSSIBLE | {errno.ENOENT, errno.EEXIST}


def is_disk_full(error: OSError) -> bool:
    """Whether the error is a full disk, a quota or a file size limit."""
    return error.errno in _FULL


def explain_os_error(error: OSError, path: Path | None = None, *, hint: str = "") -> OrcaError | None:
    """Return the error for the user if the disk is full or a path cannot be used; None for any other error.

    `path` is the file that was being written, if known. `hint` replaces the default advice.
    """
    place = shown_path(path or error.filename or "the output")
    remedy = hint or "check the path and its permissions"
    if is_disk_full(error):
        return MissingError(f"{place} cannot be written: the disk is full", hint="free some space, then run this again")
    if error.errno in _FORBIDDEN | _IMPOSSIBLE or (path is not None and error.errno in _BAD_PATH):
        return InputError(f"{place} cannot be {'written' if path else 'used'}: {error.strerror}", hint=remedy)
    return None


@contextmanager
def os_errors_explained(path: Path | None = None, *, hint: str = "") -> Iterator[None]:
    """Replace an `OSError` of the block by the error for the user, see `explain_os_error`; others stay."""
    try:
        yield
    except OSError as error:
        raise explain_os_error(error, path, hint=hint) or error from error
