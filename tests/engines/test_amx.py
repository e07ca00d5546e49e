"""llama.cpp's AMX kernels are used only if the trial succeeded."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from orca_local.domain.settings import EngineSettings
from orca_local.domain.statistics import mean_kl
from orca_local.engines import amx_trial
from orca_local.engines.amx import amx_works, cache_key, model_parameters
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.gguf.bf16 import ensure_bf16_copy
from orca_local.gguf.header import read_header
from orca_local.gguf.llama import library
from orca_local.system.cache import FILE, recall, remember
from orca_local.system.digest import file_sha256
from tests.engines.drive import prompt_logits


@pytest.mark.slow
def test_a_trial_is_made_once_and_decides(quantized: Path, tmp_path: Path) -> None:
    works = amx_works(read_header(quantized))
    assert (tmp_path / "cache" / FILE).is_file()
    assert amx_works(read_header(quantized), trial=lambda _: pytest.fail("tried again")) is works
    if b"AMX_INT8 = 1" in library().llama_print_system_info():
        assert model_parameters(read_header(quantized)).use_extra_bufts is works


@pytest.mark.slow
def test_a_quantized_file_predicts_what_its_weights_say(quantized: Path, tmp_path: Path) -> None:
    """For rows as short as these, some AMX kernels give wrong results without an error."""
    copy = ensure_bf16_copy(quantized, file_sha256(quantized))
    logits = []
    for path in (quantized, copy):
        with closing(LlamaCppEngine(path, EngineSettings(context=128, threads=1))) as engine:
            logits.append(prompt_logits(engine, range(200, 240), range(40)))
    assert mean_kl(*logits) < amx_trial.MAX_KL


def test_a_trial_that_failed_otherwise_is_not_remembered(quantized: Path, tmp_path: Path) -> None:
    assert not amx_works(read_header(quantized), trial=lambda _: 1)
    assert not (tmp_path / "cache" / FILE).exists()


def test_a_trial_that_a_signal_ended_is_remembered(quantized: Path) -> None:
    assert not amx_works(read_header(quantized), trial=lambda _: -11)
    assert recall(cache_key(read_header(quantized))) is False


def test_what_cannot_be_remembered_is_found_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ORCA_LOCAL_CACHE", str(tmp_path / "file"))
    remember("a", 1)
    assert recall("a") is None
    monkeypatch.setenv("ORCA_LOCAL_CACHE", str(tmp_path))
    (tmp_path / FILE).write_text("[")
    remember("a", 1)
    remember("b", [2])
    assert (recall("a"), recall("b")) == (1, [2])
