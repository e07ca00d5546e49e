"""The number of threads that native code should use on this machine."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

_TOPOLOGY = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def physical_cores() -> int:
    """Number of physical cores that this process may use; on Apple Silicon the performance cores.

    Matrix products gain nothing from two threads on one core, and become much slower with more threads than cores.
    """
    return max(1, min(_cores(), _quota()))


def _cores() -> int:
    if sys.platform == "darwin":
        for name in ("hw.perflevel0.physicalcpu", "hw.physicalcpu"):
            result = subprocess.run(["sysctl", "-n", name], capture_output=True, text=True, check=False)
            if result.stdout.strip().isdigit():
                return int(result.stdout)
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    cpus = os.sched_getaffinity(0)
    try:
        return len({Path(_TOPOLOGY.format(cpu)).read_text() for cpu in cpus})
    except OSError:
        return len(cpus)


def _quota() -> int:
    """Number of processors that a container's limit allows, rounded up."""
    try:
        quota, period = _QUOTA.read_text().split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):
        return sys.maxsize
