"""Memory between steps: kept while it is of use, given back when too much of it lies idle."""

from __future__ import annotations

import sys

import pytest

from orca_local.system.memory import resident_memory
from orca_local.train.torch.heap import Heap

MB = 1 << 20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is nothing to do elsewhere")


def resident() -> int:
    found = resident_memory()
    assert found is not None
    return found


def use(pieces: int) -> bytes:
    """Take and free many small pieces; the last of them stays, and keeps the heap from shrinking by itself."""
    return [b"x" * 100_000 for _ in range(pieces)][-1]


def test_what_a_step_needs_stays_for_the_next_and_more_than_that_goes_back() -> None:
    heap = Heap()
    start = resident()
    pins = [use(600)]
    heap.tidy()
    assert resident() > start + 50 * MB, "one step's memory is kept"
    pins.append(use(600))
    heap.tidy()
    assert resident() > start + 50 * MB, "the next one needed no more"
    pins.append(use(1500))
    heap.tidy()
    assert resident() < start + 50 * MB, "far more than a step needs is given back"
    pins.append(use(1500))
    heap.tidy()
    pins.append(use(600))
    heap.tidy()
    assert resident() > start + 100 * MB, "a step that began with nothing shows what steps need"
    heap.give_back()
    assert resident() < start + 50 * MB
