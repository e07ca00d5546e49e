"""Files that appear whole or not at all, and that a loss of power leaves there."""

from __future__ import annotations

import os
from pathlib import Path

from orca_local.domain.errors import explain_os_error


def write_whole(path: Path, text: str, *, hint: str) -> None:
    """Make the file at `path` say `text`; a link stays one, and what is no file, such as /dev/stdout, is written to.

    Raises `MissingError` for a full disk and `InputError`, with `hint`, for a place that cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        else:
            _replace(path.resolve(), text)
    except OSError as error:
        explained = explain_os_error(error, path, hint=hint)
        if explained is None:
            raise
        raise explained from error


def sync(path: Path) -> None:
    """Wait until the disk has a file, or the names in a directory, where the system can be asked for those."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(target: Path, text: str) -> None:
    part = target.with_name(target.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
