from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orca_local.domain.errors import InputError, OrcaError
from orca_local.export.quantize import ImatrixFile, quantize, quantize_here
from orca_local.gguf.file_type import IGNORES_MATRIX, NEEDS_MATRIX, check_type, file_types, min_bytes, takes_matrix
from orca_local.gguf.header import read_header
from orca_local.gguf.importance import KEY, ColumnSquares, ImportanceMatrix, write_importance
from orca_local.gguf.tensors import iter_tensors, read_tensor
from orca_local.gguf.writer import TensorSpec, write_gguf

WIDTH = 256
"""The block width of the K and IQ types: with it, no type falls back to another."""


@pytest.fixture(scope="module")
def wide_gguf(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that llama.cpp quantizes like a model of width 256, although it is not a working model."""
    base = read_header(tiny_gguf)
    rng = np.random.default_rng(0)
    specs = [TensorSpec(t.name, (8, WIDTH) if len(t.shape) > 1 else t.shape, t.type_name) for t in base.tensors]
    values = (rng.standard_normal(spec.shape).astype(np.float32) for spec in specs)
    path = tmp_path_factory.mktemp("wide") / "wide.gguf"
    write_gguf(path, base, specs, values, file_type=1, extra={})
    return path


@pytest.fixture(scope="module")
def importances(wide_gguf: Path) -> dict[str, NDArray[np.float32]]:
    """For each matrix of the blocks, another quarter of the columns is important."""
    actual = {}
    for number, tensor in enumerate(t for t in read_header(wide_gguf).tensors if len(t.shape) > 1 and "blk" in t.name):
        values = np.full(WIDTH, 1e-3, np.float32)
        values[number % 4 :: 4] = 1.0
        actual[tensor.name] = values
    return actual


@pytest.fixture(scope="module")
def matrix(importances: dict[str, NDArray[np.float32]], tmp_path_factory: pytest.TempPathFactory) -> ImatrixFile:
    columns = {name: ColumnSquares(7 * values, 7) for name, values in importances.items()}
    path = tmp_path_factory.mktemp("matrix") / "imatrix.gguf"
    write_importance(path, ImportanceMatrix(columns, "rows:1"), dataset="x", rows=1)
    return ImatrixFile(path, "rows:1")


def test_types_are_checked_before_any_work() -> None:
    assert check_type("q8_0") == "Q8_0" and check_type(" BF16 ") == "BF16" and check_type("Q4_K_M") == "Q4_K_M"
    with pytest.raises(InputError, match="Q4_K_X") as raised:
        check_type("Q4_K_X")
    assert "Q4_K" in raised.value.hint
    with pytest.raises(InputError, match="NVFP4"):
        check_type("NVFP4")


@pytest.mark.parametrize("name", ["F32", "F16", "BF16", "Q8_0", "Q6_K", "Q4_K_M", "Q2_K", "IQ4_NL", "IQ3_XXS"])
def test_no_file_is_smaller_than_the_lower_bound(name: str, tiny_gguf: Path, tmp_path: Path) -> None:
    assert quantize_here(tiny_gguf, tmp_path / "q.gguf", name, None) == 0
    header = read_header(tmp_path / "q.gguf")
    assert header.quantization == name
    assert 0 < min_bytes(name, header.parameters) <= sum(tensor.bytes for tensor in header.tensors)


def _named(name: str) -> object:
    """llama.cpp needs seconds for the tables of the smallest types."""
    return pytest.param(name, marks=pytest.mark.slow) if name[:3] in ("IQ1", "IQ2", "IQ3") else name


@pytest.mark.parametrize("name", [_named(name) for name in sorted(file_types())])
def test_types_need_a_matrix_or_ignore_it_as_is_said(
    name: str, wide_gguf: Path, matrix: ImatrixFile, tmp_path: Path
) -> None:
    without, made = tmp_path / "without.gguf", tmp_path / "made.gguf"
    assert (quantize_here(wide_gguf, without, name, None) != 0) == (name in NEEDS_MATRIX)
    assert quantize_here(wide_gguf, made, name, matrix) == 0
    header = read_header(made)
    assert header.quantization == name and header.metadata[KEY] == "rows:1"
    if name not in NEEDS_MATRIX:
        same = [np.array_equal(a, b) for a, b in zip(blocks(without), blocks(made), strict=True)]
        assert all(same) == (name in IGNORES_MATRIX)
    assert takes_matrix(name) == (name not in IGNORES_MATRIX)


def blocks(path: Path) -> Iterator[NDArray[np.float32]]:
    return (values for tensor, values in iter_tensors(read_header(path)) if "blk" in tensor.name)


@pytest.mark.parametrize("name", ["Q4_K_S", "Q3_K_S", "IQ4_XS"])
def test_each_tensor_is_rounded_carefully_where_its_own_inputs_are_large(
    name: str, wide_gguf: Path, matrix: ImatrixFile, importances: dict[str, NDArray[np.float32]], tmp_path: Path
) -> None:
    """In the child process that exports use: it gets the names, values and their order."""
    source = read_header(wide_gguf)
    quantize(wide_gguf, tmp_path / "without.gguf", name)
    quantize(wide_gguf, tmp_path / "with.gguf", name, matrix)
    without, made = read_header(tmp_path / "without.gguf"), read_header(tmp_path / "with.gguf")
    for tensor, weights in importances.items():
        if without.tensor_map[tensor].type_name != made.tensor_map[tensor].type_name:
            continue  # with a matrix, llama.cpp uses fewer bits for some tensors
        expected = read_tensor(source, tensor)
        errors = [((read_tensor(file, tensor) - expected) ** 2) @ weights for file in (without, made)]
        assert errors[1].sum() < 0.8 * errors[0].sum(), tensor


@pytest.mark.parametrize("name", ["Q4_0", "Q6_K", "Q3_K_S", "IQ4_XS"])
def test_columns_that_were_silent_keep_their_weights(name: str, wide_gguf: Path, tmp_path: Path) -> None:
    """llama.cpp sets a block to zero if its importances are zero."""
    source, tensor = read_header(wide_gguf), "blk.0.attn_k.weight"
    sums = np.ones(WIDTH, np.float32)
    sums[:64] = 0
    write_importance(
        tmp_path / "m.gguf", ImportanceMatrix({tensor: ColumnSquares(sums, 9)}, "rows:1"), dataset="x", rows=1
    )
    assert quantize_here(wide_gguf, tmp_path / "q.gguf", name, ImatrixFile(tmp_path / "m.gguf", "rows:1")) == 0
    expected, actual = (
        read_tensor(source, tensor)[:, :64],
        read_tensor(read_header(tmp_path / "q.gguf"), tensor)[:, :64],
    )
    assert ((actual - expected) ** 2).mean() < 0.1 * (expected**2).mean()


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
