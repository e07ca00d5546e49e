"""Tests. Under pytest-xdist, each worker and its child processes use one core.

Two workers that each compute with all cores would wait for each other most of the time.
"""

from __future__ import annotations

import os

if (_worker := os.environ.get("PYTEST_XDIST_WORKER")) and hasattr(os, "sched_setaffinity"):
    _cores = sorted(os.sched_getaffinity(0))
    if len(_cores) > 1:  # a child process has inherited its core already
        os.sched_setaffinity(0, {_cores[int(_worker.removeprefix("gw")) % len(_cores)]})
