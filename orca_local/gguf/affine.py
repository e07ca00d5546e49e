"""Reads quantized tensors as unsigned numbers with a scale and a bias, without rounding: value = scale·number + bias.

MLX computes with quantized weights in this form (https://ml-explore.github.io/mlx, `mx.quantize`, mode
`affine`). The blocks are defined by ggml (https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import unpermute_rotary
from orca_local.gguf.tensors import read_raw_rows

AFFINE_BITS = {"Q4_0": 4, "Q4_1": 4, "Q8_0": 8}
"""Bits of a number, for each type whose blocks have this form."""
BLOCK = 32
"""How many numbers share a scale and a bias."""


@dataclass(frozen=True, slots=True, eq=False)
class AffineMatrix:
    """A quantized matrix in MLX's affine form."""

    bits: int
    """Bits of a number."""
    packed: NDArray[np.uint32]
    """Shape [rows, columns · bits / 32], or [matrices, rows, …]; the first number is in the lowest bits."""
    scales: NDArray[np.float32]
    """Shape [rows, columns / 32], or [matrices, rows, …]."""
    biases: NDArray[np.float32]
    """Shape [rows, columns / 32], or [matrices, rows, …]."""

    def unpermuted(self, heads: int) -> AffineMatrix:
        """The matrix with its rows in Hugging Face's order; see `unpermute_rotary`."""
        scales, biases = unpermute_rotary(self.scales, heads), unpermute_rotary(self.biases, heads)
        return AffineMatrix(self.bits, unpermute_rotary(self.packed, heads), scales, biases)


def read_affine(header: Header, name: str) -> AffineMatrix | None:
    """The matrix, or the matrices of one tensor, `name` of a file; None if its type has another form."""
    shape, type_name = header.tensor_map[name].shape, header.tensor_map[name].type_name
    if type_name not in AFFINE_BITS:
        return None
    rows = read_raw_rows(header, name)
    head = {"Q4_0": 2, "Q4_1": 4, "Q8_0": 2}[type_name]
    blocks = rows.reshape(*shape[:-1], -1, head + (BLOCK if type_name == "Q8_0" else BLOCK // 2))
    numbers = blocks[..., head:]
    header_values = np.ascontiguousarray(blocks[..., :head]).view("<f2").astype(np.float32)
    scales = np.ascontiguousarray(header_values[..., 0])
    if type_name == "Q8_0":
        return AffineMatrix(8, _pack(numbers ^ 0x80), scales, -128 * scales)  # adding 128 makes them unsigned
    biases = np.ascontiguousarray(header_values[..., 1]) if type_name == "Q4_1" else -8 * scales
    # In the file, a byte holds number j of the block (low bits) and number j + 16 (high bits); MLX packs neighbours.
    nibbles = np.concatenate([numbers & 0x0F, numbers >> 4], axis=-1)
    return AffineMatrix(4, _pack(nibbles[..., 0::2] | nibbles[..., 1::2] << 4), scales, biases)


def _pack(numbers: NDArray[Any]) -> NDArray[np.uint32]:
    return np.ascontiguousarray(numbers.reshape(*numbers.shape[:-2], -1)).view("<u4").astype(np.uint32, copy=False)
