"""Limits what this process may take, for a child whose parent may be gone. Windows has no such limits.

Imports nothing else, because processes that start often import it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_STATM = Path("/proc/self/statm")
SPARE_SECONDS = 2
"""Whole seconds that a parent has to end the process before the system does."""


def limit_time(seconds: float) -> None:
    """Let the system end this process after so many more seconds of processor time, and some to spare."""
    if (resource := _resource()) is not None:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        _set(resource, resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime + seconds) + 1 + SPARE_SECONDS)


@contextmanager
def limited_memory(more: int) -> Iterator[None]:
    """Let this process take `more` bytes than now in the block: then Python raises `MemoryError`. On Linux alone."""
    resource = _resource()
    try:
        taken = int(_STATM.read_bytes().split()[0])
    except OSError:
        resource = None
    if resource is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    _set(resource, resource.RLIMIT_AS, taken * resource.getpagesize() + more)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _resource() -> Any:
    try:
        import resource
    except ImportError:
        return None
    return resource


def _set(resource: Any, kind: int, limit: int) -> None:
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
