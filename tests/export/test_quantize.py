from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.domain.errors import InputError, OrcaError
from orca_local.export.quantize import NEEDS_MATRIX, check_type, least_bytes, quantize
from orca_local.gguf.header import read_header


def test_types_are_checked_before_any_work() -> None:
    assert check_type("q8_0") == "Q8_0" and check_type(" BF16 ") == "BF16" and check_type("Q4_K_M") == "Q4_K_M"
    with pytest.raises(InputError, match="Q4_K_X") as raised:
        check_type("Q4_K_X")
    assert "Q4_K" in raised.value.hint
    with pytest.raises(InputError, match="NVFP4"):
        check_type("NVFP4")


@pytest.mark.parametrize("name", NEEDS_MATRIX)
def test_a_type_that_needs_an_importance_matrix_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="importance matrix"):
        check_type(name)


@pytest.mark.parametrize("name", ["F32", "F16", "BF16", "Q8_0", "Q6_K", "Q4_K_M", "Q2_K", "IQ4_NL", "IQ3_XXS"])
def test_no_file_is_smaller_than_the_least_it_can_be(name: str, tiny_gguf: Path, tmp_path: Path) -> None:
    quantize(tiny_gguf, tmp_path / "q.gguf", name)
    header = read_header(tmp_path / "q.gguf")
    assert header.quantization == name
    assert 0 < least_bytes(name, header.parameters) <= sum(tensor.bytes for tensor in header.tensors)


def test_what_cannot_be_quantized_is_said_in_llama_cpps_words(tmp_path: Path) -> None:
    (tmp_path / "no.gguf").write_bytes(b"GGUF" + bytes(60))
    with pytest.raises(OrcaError, match=r"could not quantize to Q8_0: .*quantize"):
        quantize(tmp_path / "no.gguf", tmp_path / "q.gguf", "Q8_0")
    assert not (tmp_path / "q.gguf").exists()


def test_modules_in_the_working_directory_are_not_ours(
    tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "gguf", "numpy", "orca_local"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    monkeypatch.chdir(tmp_path)
    quantize(tiny_gguf, tmp_path / "q.gguf", "Q8_0")
