"""LoRA adapters on a loaded model: applied, removed, and refused if they do not fit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.settings import EngineSettings
from orca_local.engines.llama_context import LlamaModel
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.export.adapter_file import write_adapter
from orca_local.gguf.header import read_header
from orca_local.gguf.lora import write_lora
from tests.engines.drive import prompt, prompt_logits, request, run
from tests.export.scene import random_adapter

IDS = prompt(3, 50)


@pytest.fixture
def engine(tiny_q8_gguf: Path) -> Iterator[LlamaCppEngine]:
    with closing(LlamaCppEngine(tiny_q8_gguf, EngineSettings(context=1024, capacity=3, threads=1))) as engine:
        yield engine


@pytest.fixture(scope="module")
def files(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two adapters of the tiny model."""
    directory = tmp_path_factory.mktemp("adapters")
    paths = (directory / "strong.gguf", directory / "weak.gguf")
    for path, scale in zip(paths, (0.3, 0.1), strict=True):
        write_adapter(path, read_header(tiny_gguf), random_adapter(tiny_gguf, scale), {})
    return paths


def logits(engine: LlamaCppEngine) -> np.ndarray:
    return prompt_logits(engine, IDS, range(len(IDS)))


def test_on_and_off_again_leaves_nothing_behind(engine: LlamaCppEngine, files: tuple[Path, Path]) -> None:
    base = logits(engine)
    seen = []
    for path in (files[0], files[1], files[0]):
        engine.set_adapter(path)
        seen.append(logits(engine))
    engine.set_adapter(None)
    assert np.array_equal(logits(engine), base)
    assert np.array_equal(seen[0], seen[2])
    assert np.abs(seen[0] - base).max() > 0.5 and np.abs(seen[0] - seen[1]).max() > 0.5


def test_what_was_read_under_other_weights_is_read_again(engine: LlamaCppEngine, files: tuple[Path, Path]) -> None:
    """Keys and values are valid only for the weights they were computed with."""
    ask = [request("a", prompt(1, 300), max_tokens=6)]
    base = run(engine, ask)["a"].text
    engine.set_adapter(files[0])
    before = engine.prompt_tokens_read
    adapted = run(engine, ask)["a"].text
    assert engine.prompt_tokens_read - before == 300 and adapted != base
    engine.set_adapter(None)
    assert run(engine, ask)["a"].text == base
    with closing(LlamaCppEngine(engine._model.path, EngineSettings(context=1024, capacity=3, threads=1))) as fresh:
        fresh.set_adapter(files[0])
        assert run(fresh, ask)["a"].text == adapted


def test_an_adapter_stays_when_the_context_grows(engine: LlamaCppEngine, files: tuple[Path, Path]) -> None:
    base = logits(engine)
    engine.set_adapter(files[0])
    small = logits(engine)
    run(engine, [request("long", prompt(2, 700), max_tokens=4)])
    assert np.array_equal(logits(engine), small) and not np.array_equal(small, base)


def test_numbers_that_overflowed_under_an_adapter_are_gone_with_it(engine: LlamaCppEngine, tmp_path: Path) -> None:
    """Attention multiplies the memory after a text by zero, and zero times NaN is NaN."""
    base = logits(engine)
    huge = (np.full((4, 32), 1e20, np.float32), np.full((16, 4), 1e20, np.float32))
    engine.set_adapter(write_lora(tmp_path / "huge.gguf", "llama", 1.0, {"blk.0.attn_v.weight": huge}, {}).path)
    assert not np.isfinite(prompt_logits(engine, prompt(4, 200), [199])).all()
    engine.set_adapter(None)
    assert np.array_equal(logits(engine), base)


def test_all_sequences_of_a_batch_get_the_adapter(engine: LlamaCppEngine, files: tuple[Path, Path]) -> None:
    engine.set_adapter(files[0])
    asks = [request(f"r{i}", prompt(i, 40), max_tokens=8) for i in range(5)]
    together = {key: item.text for key, item in run(engine, asks).items()}
    alone = {ask.id: run(engine, [ask])[ask.id].text for ask in asks}
    assert together == alone


def test_the_fingerprint_names_the_adapter(engine: LlamaCppEngine, files: tuple[Path, Path]) -> None:
    names = [engine.fingerprint]
    for path in files:
        engine.set_adapter(path)
        names.append(engine.fingerprint)
    assert len(set(names)) == 3
    engine.set_adapter(None)
    assert engine.fingerprint == names[0]


def test_an_adapter_waits_for_nothing_in_flight(engine: LlamaCppEngine, files: tuple[Path, Path]) -> None:
    engine.submit(request("busy", prompt(1)))
    with pytest.raises(RuntimeError, match="in flight"):
        engine.set_adapter(files[0])


def test_what_does_not_fit_is_refused_and_the_one_before_stays(
    engine: LlamaCppEngine, files: tuple[Path, Path], tiny_gguf: Path, tmp_path: Path
) -> None:
    """Other files that do not fit: tests/gguf/test_lora.py."""
    engine.set_adapter(files[0])
    before = logits(engine), engine.fingerprint
    pair = (np.ones((4, 16), np.float32), np.ones((16, 4), np.float32))
    bad = write_lora(tmp_path / "bad.gguf", "llama", 1.0, {"blk.0.attn_v.weight": pair}, {}).path
    for path, match in ((bad, "attn_v"), (tiny_gguf, "not a plain LoRA adapter"), (tmp_path / "no.gguf", "no file")):
        with pytest.raises(InputError, match=match):
            engine.set_adapter(path)
    assert np.array_equal(logits(engine), before[0]) and engine.fingerprint == before[1]


def test_an_adapter_is_loaded_once(tiny_gguf: Path, files: tuple[Path, Path]) -> None:
    model = LlamaModel(tiny_gguf, gpu_layers=0)
    first, second, again, _ = [model.load_adapter(path) for path in (*files, *files)]
    assert first is again and first is not second
    model.close()
