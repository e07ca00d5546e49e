"""Checks whether a process that was recorded earlier still runs."""

from __future__ import annotations

import platform
from pathlib import Path


def host_name() -> str:
    """The name of this machine. A process id means nothing on another machine."""
    return platform.node()


def process_started(pid: int) -> str | None:
    """When process `pid` started, as an opaque text; None if no such process runs.

    Process ids are reused: only id and start time together identify a process.
    """
    if Path("/proc/self/stat").exists():
        return _ticks_since_boot(pid)
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else str(process.create_time())
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return ""


def is_running(pid: int, started: str) -> bool:
    """Whether the process with this id and start time runs on this machine; an empty start time is not compared."""
    now = process_started(pid)
    return now is not None and (not started or not now or now == started)


def _ticks_since_boot(pid: int) -> str | None:
    """Field 22 of `/proc/PID/stat`, in clock ticks since boot; None for a zombie.

    Not psutil's `create_time`: it is a time of day, which changes when the clock is set.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name, in parentheses, may itself contain spaces and parentheses.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]
