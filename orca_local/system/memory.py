"""How much memory there is for a context, and how much one takes."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_STATUS = Path("/proc/self/status")
_LIMIT, _USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


def free_memory() -> int | None:
    """Bytes that can be taken without swapping, within a container's limit; None where the system does not say."""
    try:
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines())
        free = int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return None
    try:
        return min(free, int(_LIMIT.read_text()) - int(_USED.read_text()))
    except (OSError, ValueError):  # no limit reads as "max"
        return free


def total_memory() -> int | None:
    """Bytes that this machine has, or that a container may use; None where the system does not say."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
    try:
        return min(total, int(_LIMIT.read_text()))
    except (OSError, ValueError):
        return total


def peak_memory() -> int | None:
    """The most memory that this process had at once, in bytes; None where the system does not say."""
    return _status("VmHWM")


def resident_memory() -> int | None:
    """What this process has in memory now, in bytes; None where the system does not say."""
    return _status("VmRSS")


def give_back_freed() -> None:
    """Return to the system what this process has freed and its C library has kept. Only glibc keeps much."""
    _malloc_trim()(0)


@cache
def _malloc_trim() -> Callable[[int], object]:
    found: Callable[[int], object] | None = (
        getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    )
    return found or (lambda _: None)


def _status(field: str) -> int | None:
    try:
        lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
        return int(lines[field].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return None
