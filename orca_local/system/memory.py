"""Memory of the machine and of this process."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
"""Directory of the limits of a container (cgroup v2)."""
_STATUS = Path("/proc/self/status")


def free_memory() -> int:
    """Bytes that can be used without swapping, within the limit of a container."""
    import psutil

    available = int(psutil.virtual_memory().available)
    maximum, used = _limit("memory.max"), _limit("memory.current")
    return available if maximum is None or used is None else min(available, maximum - used)


def total_memory() -> int:
    """Bytes of memory in this machine, or the limit of a container."""
    import psutil

    total = int(psutil.virtual_memory().total)
    maximum = _limit("memory.max")
    return total if maximum is None else min(total, maximum)


def resident_memory() -> int:
    """Bytes of memory that this process uses now."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def peak_memory() -> int | None:
    """Peak memory of this process in bytes; None if the system does not report it."""
    try:
        # Not `getrusage`: on Linux its maximum includes the parent's memory at the time of the fork.
        lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def return_freed_memory() -> None:
    """Return memory that this process has freed to the system. Only glibc keeps much of it."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def _limit(name: str) -> int | None:
    try:
        return int((CGROUP / name).read_text())
    except (OSError, ValueError):  # without a limit, the file says "max"
        return None
