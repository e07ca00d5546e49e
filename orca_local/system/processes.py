"""Whether a process that wrote its number down is still the one that runs under it."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path


def host_name() -> str:
    """The machine's name: a process number means nothing on another machine."""
    return platform.node()


def process_started(pid: int) -> str | None:
    """When process `pid` started, as an opaque text; None where no such process runs.

    Number and start together name one process: numbers are used again. Empty where the system does not say.
    """
    if Path("/proc/self/stat").exists():
        return _from_proc(pid)
    try:
        found = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    state, _, started = found.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


def is_running(pid: int, started: str) -> bool:
    """Whether the process of this machine that both name runs; where the system says nothing, it does."""
    now = process_started(pid)
    return now is not None and (not started or not now or now == started)


def _from_proc(pid: int) -> str | None:
    """Field 22 of `/proc/PID/stat`, in clock ticks since boot; a zombie does not run."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name, in parentheses, may hold spaces and parentheses itself.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]
