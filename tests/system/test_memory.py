"""Contexts that have to fit."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import pytest

from orca_local.domain.errors import MissingError
from orca_local.domain.settings import EngineSettings
from orca_local.engines import llama_cpp
from orca_local.engines.context_memory import fitting, token_bytes
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.gguf.header import read_header
from orca_local.system import memory
from orca_local.system.memory import free_memory, peak_memory, resident_memory, total_memory
from tests.engines.drive import prompt, request, run
from tests.tiny import Shape


def test_a_token_takes_keys_and_values_of_every_block(tiny_gguf: Path) -> None:
    shape = Shape()
    assert token_bytes(read_header(tiny_gguf)) == 2 * shape.blocks * shape.key_heads * 2 * shape.head_size


def test_what_fits_is_counted() -> None:
    assert fitting(24, 100, 1000, None) == 24
    assert fitting(24, 100, 1000, 10**9) == 24
    assert fitting(24, 100, 1000, 10**6) == 8
    assert fitting(24, 100, 1000, 10**5) == 0
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


def test_an_engine_takes_as_many_sequences_as_fit(tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    per_token = token_bytes(read_header(tiny_gguf))
    monkeypatch.setattr(llama_cpp, "free_memory", lambda: int(2.5 * 256 * per_token / 0.8))
    with closing(LlamaCppEngine(tiny_gguf, EngineSettings(capacity=8, context=256, threads=1))) as engine:
        ended = run(engine, [request(f"r{i}", prompt(i), max_tokens=4) for i in range(6)])
        assert engine.capacity == 2 and len(ended) == 6


@pytest.mark.skipif(sys.platform != "linux", reason="there is nothing to do elsewhere")
def test_what_was_freed_goes_back_to_the_system_with_an_engine(tiny_gguf: Path) -> None:
    engine = LlamaCppEngine(tiny_gguf, EngineSettings(context=256, threads=1))
    # Many small pieces, of which the last stays and keeps the heap from shrinking by itself.
    pin = [b"x" * 100_000 for _ in range(1000)][-1]
    before = resident_memory()
    engine.close()
    after = resident_memory()
    assert pin and before - after > 50e6


def test_one_that_does_not_fit_is_refused_with_the_numbers(tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_cpp, "free_memory", lambda: 1000)
    with closing(LlamaCppEngine(tiny_gguf, EngineSettings(context=256, threads=1))) as engine:
        engine.submit(request("r", prompt(1)))
        with pytest.raises(MissingError, match=r"256 tokens takes .* GB .* free") as raised:
            engine.step()
        assert "engine.context" in raised.value.hint
