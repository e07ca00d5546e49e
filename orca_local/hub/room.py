"""Keeps what was fetched of datasets within a limit: the blocks of files that were opened longest ago go first."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.hub.entries import datasets_directory

VARIABLE = "ORCA_LOCAL_DATASETS_GB"
DEFAULT_GB = 20.0
_SHARE = 0.1
"""Share of the limit that is fetched between two looks, and that is made free at once."""


class _Fetched:
    """How much this process fetched since the last look."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.bytes: float | None = None
        """None before the first look."""


_fetched = _Fetched()


def limit_bytes() -> float:
    """Return the limit in bytes. Raises `InputError` if the environment names no number of gigabytes."""
    text = os.environ.get(VARIABLE) or str(DEFAULT_GB)
    try:
        limit = float(text) * 1e9
    except ValueError:
        limit = 0
    if not 0 < limit < float("inf"):
        raise InputError(
            f"{VARIABLE} is {text!r}, no number of gigabytes", hint=f"set it to a number such as {DEFAULT_GB:g}"
        )
    return limit


def make_room(new: int) -> None:
    """Take note of `new` bytes that are fetched, and remove the oldest blocks where all together exceed the limit."""
    limit = limit_bytes()
    with _fetched.lock:
        _fetched.bytes = float("inf") if _fetched.bytes is None else _fetched.bytes + new
        if _fetched.bytes < _SHARE * limit:
            return
        _fetched.bytes = 0
    blocks = sorted(_blocks(datasets_directory()))
    size = sum(bytes_ for *_, bytes_ in blocks)
    if size <= limit:
        return
    for _, _, path, bytes_ in blocks:
        if size <= (1 - _SHARE) * limit:
            break
        with suppress(OSError):  # another process removed it first
            Path(path).unlink()
        size -= bytes_


def _blocks(directory: Path) -> list[tuple[float, float, str, int]]:
    """Return when the file of each block was opened last, when the block was written, its path and its size."""
    found = []
    for place in directory.glob(f"*/{'[0-9a-f]' * 40}/*/"):
        with suppress(OSError):
            opened = place.stat().st_mtime
            found += [
                (opened, facts.st_mtime, entry.path, facts.st_size)
                for entry in os.scandir(place)
                if (facts := entry.stat(follow_symlinks=False))
            ]
    return found
