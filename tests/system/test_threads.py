"""The number of threads."""

from __future__ import annotations

import os

from orca_local.system.threads import physical_cores


def test_there_is_at_least_one_core_and_no_more_than_the_machine_has() -> None:
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)
