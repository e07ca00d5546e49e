"""llama.cpp's AMX kernels: used where a trial lived, left out where it did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.engines import amx
from orca_local.export.quantize import quantize
from orca_local.gguf.llama import library
from orca_local.gguf.machine import FILE, recall, remember


@pytest.fixture
def quantized(tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of Q8_0 matrices, and an empty cache."""
    monkeypatch.setenv("ORCA_LOCAL_CACHE", str(tmp_path / "cache"))
    quantize(tiny_gguf, tmp_path / "q.gguf", "Q8_0")
    return tmp_path / "q.gguf"


def test_a_trial_is_made_once_and_decides(quantized: Path, tmp_path: Path) -> None:
    works = amx.amx_works(quantized)
    assert (tmp_path / "cache" / FILE).is_file()
    assert amx.amx_works(tmp_path / "no file needed any more") is works
    has_amx = b"AMX_INT8 = 1" in library().llama_print_system_info()
    if has_amx:
        assert amx.model_parameters(quantized).use_extra_bufts is works


def test_a_trial_that_said_why_it_failed_is_not_remembered(quantized: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(quantized.read_bytes()[:1000])
    assert not amx.amx_works(broken)
    assert not (tmp_path / "cache" / FILE).exists()


def test_a_trial_that_a_signal_ended_is_remembered(quantized: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = f"amx-{amx._build()}"
    monkeypatch.setattr(amx, "_try", lambda _: -11)
    assert not amx.amx_works(quantized)
    assert recall(key) is False


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
