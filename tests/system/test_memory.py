"""How much memory this machine has and this process takes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from orca_local.system import memory
from orca_local.system.memory import free_memory, peak_memory, resident_memory, total_memory


def test_some_memory_is_free() -> None:
    assert free_memory() > 10**8


def test_a_container_has_what_it_may_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    whole = total_memory()
    limit.write_text("max")
    assert total_memory() == whole
    limit.write_text("1000000")
    assert total_memory() == 1_000_000
    (tmp_path / "memory.current").write_text("400000")
    assert free_memory() == 600_000


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_psutil_and_the_system_agree() -> None:
    meminfo = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    assert total_memory() <= int(meminfo["MemTotal"].split()[0]) * 1024
    peak = peak_memory()
    assert peak is not None and peak >= 0.9 * resident_memory() > 0
