"""Memory between steps: kept while it is useful, returned if too much of it is idle."""

from __future__ import annotations

import sys

import pytest

from orca_local.system.memory import resident_memory
from orca_local.train.torch.heap import Heap

MB = 1 << 20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps freed memory")


def resident() -> int:
    size = resident_memory()
    assert size is not None
    return size


def use(pieces: int) -> bytes:
    """Allocate and free many small pieces. The last one stays and keeps the heap from shrinking by itself."""
    return [b"x" * 100_000 for _ in range(pieces)][-1]


def test_what_a_step_needs_stays_for_the_next_and_more_than_that_goes_back() -> None:
    heap = Heap()
    start = resident()
    pins = [use(600)]
    heap.after_step()
    assert resident() > start + 50 * MB, "one step's memory is kept"
    pins.append(use(600))
    heap.after_step()
    assert resident() > start + 50 * MB, "the next one needed no more"
    pins.append(use(1500))
    heap.after_step()
    assert resident() < start + 50 * MB, "far more than a step needs is returned"
    pins.append(use(1500))
    heap.after_step()
    pins.append(use(600))
    heap.after_step()
    assert resident() > start + 100 * MB, "a step that started with no idle memory shows what steps need"
    heap.trim()
    assert resident() < start + 50 * MB
