"""How much memory there is for a context, and how much one takes."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from orca_local.gguf.header import Header

_MEMINFO = Path("/proc/meminfo")
_STATUS = Path("/proc/self/status")
_LIMIT, _USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
SHARE = 0.8
"""Of what is free, how much a context may take: the rest of the machine needs some, too."""


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


def token_bytes(header: Header, kv_type: str = "f16") -> int:
    """Memory of one token's keys and values; 0 where blocks differ and the header has lists."""
    if any(isinstance(header.value(f"attention.head_count{end}"), list) for end in ("", "_kv")):
        return 0
    heads = header.count("attention.head_count_kv", header.count("attention.head_count", 1))
    size = header.count("embedding_length") // max(1, header.count("attention.head_count", 1))
    keys, values = header.count("attention.key_length", size), header.count("attention.value_length", size)
    # 32 values of q8_0 take 34 bytes.
    bits = 16 if kv_type == "f16" else 8.5
    return int(bits * header.block_count * heads * (keys + values)) // 8


def fitting(sequences: int, length: int, per_token: int, free: int | None) -> int:
    """How many of `sequences` of `length` tokens fit into the share of `free` bytes that a context may take."""
    if free is None or not per_token:
        return sequences
    return min(sequences, int(SHARE * free) // (length * per_token))
