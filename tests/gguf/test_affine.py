"""Affine matrices have the values that the `gguf` package dequantizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from orca_local.export.quantize import quantize
from orca_local.gguf.affine import AFFINE_BITS, BLOCK, AffineMatrix, read_affine
from orca_local.gguf.header import read_header
from orca_local.gguf.layer_names import unpermute_rotary
from orca_local.gguf.tensors import read_tensor


def values_of(matrix: AffineMatrix) -> np.ndarray:
    """As MLX documents the form: a word has its first number in the lowest bits."""
    shifts = np.arange(0, 32, matrix.bits, dtype=np.uint32)
    numbers = (matrix.packed[:, :, None] >> shifts) & np.uint32(2**matrix.bits - 1)
    grouped = numbers.reshape(len(numbers), -1, BLOCK).astype(np.float32)
    actual: np.ndarray = matrix.scales[:, :, None] * grouped + matrix.biases[:, :, None]
    return actual.reshape(len(numbers), -1)


@pytest.mark.parametrize("kind", AFFINE_BITS)
def test_no_bit_is_lost(kind: str, tiny_gguf: Path, tmp_path: Path) -> None:
    quantize(tiny_gguf, tmp_path / "q.gguf", kind)
    header = read_header(tmp_path / "q.gguf")
    kept = [t for t in header.tensors if t.type_name == kind]
    assert len(kept) >= 14
    for tensor in kept:
        matrix = read_affine(header, tensor.name)
        assert matrix is not None and matrix.bits == AFFINE_BITS[kind]
        expected = read_tensor(header, tensor.name)
        assert len(np.unique(expected)) > 50
        assert np.array_equal(values_of(matrix), expected)
        assert np.array_equal(values_of(matrix.unpermuted(2)), unpermute_rotary(expected, 2))


def test_another_form_is_not_taken_for_one(tiny_gguf: Path) -> None:
    assert read_affine(read_header(tiny_gguf), "blk.0.attn_q.weight") is None
