"""Contexts must fit into the free memory."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import pytest

from orca_local.domain.errors import MissingError
from orca_local.domain.settings import EngineSettings
from orca_local.engines.context_memory import kv_bytes_per_token, sequences_that_fit
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.gguf.header import read_header
from orca_local.system.memory import resident_memory
from tests.engines.drive import prompt, request, run
from tests.tiny import Shape


def test_a_token_takes_keys_and_values_of_every_block(tiny_gguf: Path) -> None:
    shape = Shape()
    assert kv_bytes_per_token(read_header(tiny_gguf)) == 2 * shape.blocks * shape.key_heads * 2 * shape.head_size


def test_what_fits_is_counted() -> None:
    assert sequences_that_fit(24, 100, 1000, None) == 24
    assert sequences_that_fit(24, 100, 0, 1) == 24, "what a token takes is unknown"
    assert sequences_that_fit(24, 100, 1000, 10**9) == 24
    assert sequences_that_fit(24, 100, 1000, 10**6) == 8
    with pytest.raises(MissingError):
        sequences_that_fit(24, 100, 1000, 10**5)


def test_an_engine_takes_as_many_sequences_as_fit(tiny_gguf: Path) -> None:
    per_token = kv_bytes_per_token(read_header(tiny_gguf))
    settings = EngineSettings(capacity=8, context=256, threads=1)
    free = int(2.5 * 256 * per_token / 0.8)
    with closing(LlamaCppEngine(tiny_gguf, settings, free_memory=lambda: free)) as engine:
        ended = run(engine, [request(f"r{i}", prompt(i), max_tokens=4) for i in range(6)])
        assert engine.capacity == 2 and len(ended) == 6


def test_reserved_memory_lets_a_long_request_start_beside_a_short_one(tiny_gguf: Path) -> None:
    for reserves in (False, True):
        with closing(LlamaCppEngine(tiny_gguf, EngineSettings(capacity=2, context=1024, threads=1))) as engine:
            if reserves:
                engine.reserve()
            engine.submit(request("short", prompt(1), max_tokens=50))
            engine.step()
            engine.submit(request("long", prompt(2, 400), max_tokens=50))
            engine.step()
            assert engine.prompt_tokens_read == (412 if reserves else 12)


def test_no_more_is_reserved_than_fits(tiny_gguf: Path) -> None:
    free = int(2.5 * 256 * kv_bytes_per_token(read_header(tiny_gguf)) / 0.8)
    settings = EngineSettings(capacity=8, context=256, threads=1)
    with closing(LlamaCppEngine(tiny_gguf, settings, free_memory=lambda: free)) as engine:
        engine.reserve()
        assert engine.capacity == 2
    with closing(LlamaCppEngine(tiny_gguf, settings, free_memory=lambda: 1000)) as engine, pytest.raises(MissingError):
        engine.reserve()


@pytest.mark.skipif(sys.platform != "linux", reason="there is nothing to do elsewhere")
def test_what_was_freed_goes_back_to_the_system_with_an_engine(tiny_gguf: Path) -> None:
    engine = LlamaCppEngine(tiny_gguf, EngineSettings(context=256, threads=1))
    # Many small pieces; the last one stays, so that the heap cannot shrink by itself.
    pin = [b"x" * 100_000 for _ in range(1000)][-1]
    before = resident_memory()
    engine.close()
    after = resident_memory()
    assert pin and before - after > 50e6


def test_one_that_does_not_fit_is_refused_with_the_numbers(tiny_gguf: Path) -> None:
    settings = EngineSettings(context=256, threads=1)
    with closing(LlamaCppEngine(tiny_gguf, settings, free_memory=lambda: 1000)) as engine:
        engine.submit(request("r", prompt(1)))
        with pytest.raises(MissingError, match=r"256 tokens takes .* GB .* free") as raised:
            engine.step()
        assert "engine.context" in raised.value.hint
