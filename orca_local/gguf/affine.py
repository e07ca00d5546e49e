"""Blocks of a GGUF's tensors as unsigned numbers with a scale and a bias, nothing rounded: value = scale·number + bias.

That is the form in which MLX computes with quantized weights (https://ml-explore.github.io/mlx, `mx.quantize`, mode
`affine`). The blocks are those of ggml (https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import unpermute_rotary
from orca_local.gguf.tensors import read_rows

AFFINE_BITS = {"Q4_0": 4, "Q4_1": 4, "Q8_0": 8}
"""Types whose blocks have this form, and the bits of a number in them."""
BLOCK = 32
"""Numbers that share a scale and a bias."""


@dataclass(frozen=True, slots=True, eq=False)
class AffineMatrix:
    """A matrix in blocks."""

    bits: int
    """Of a number."""
    packed: NDArray[np.uint32]
    """Shape [rows, columns · bits / 32]: the first number in the lowest bits."""
    scales: NDArray[np.float32]
    """Shape [rows, columns / 32]."""
    biases: NDArray[np.float32]

    def unpermuted(self, heads: int) -> AffineMatrix:
        """The matrix with its rows in the trainer's order; see `unpermute_rotary`."""
        scales, biases = unpermute_rotary(self.scales, heads), unpermute_rotary(self.biases, heads)
        return AffineMatrix(self.bits, unpermute_rotary(self.packed, heads), scales, biases)


def read_affine(header: Header, name: str) -> AffineMatrix | None:
    """A tensor of the file, or None where its type has another form."""
    kind = header.tensor_map[name].type_name
    if kind not in AFFINE_BITS:
        return None
    rows = read_rows(header, name)
    head = {"Q4_0": 2, "Q4_1": 4, "Q8_0": 2}[kind]
    blocks = rows.reshape(len(rows), -1, head + (BLOCK if kind == "Q8_0" else BLOCK // 2))
    numbers = blocks[:, :, head:]
    given = np.ascontiguousarray(blocks[:, :, :head]).view("<f2").astype(np.float32)
    scales = np.ascontiguousarray(given[:, :, 0])
    if kind == "Q8_0":
        return AffineMatrix(8, _words(numbers ^ 0x80), scales, -128 * scales)  # signed, made unsigned by adding 128
    biases = np.ascontiguousarray(given[:, :, 1]) if kind == "Q4_1" else -8 * scales
    # A byte holds number j of the block below and number j + 16 above; wanted are neighbours.
    nibbles = np.concatenate([numbers & 0x0F, numbers >> 4], axis=-1)
    return AffineMatrix(4, _words(nibbles[:, :, 0::2] | nibbles[:, :, 1::2] << 4), scales, biases)


def _words(numbers: NDArray[Any]) -> NDArray[np.uint32]:
    return np.ascontiguousarray(numbers.reshape(len(numbers), -1)).view("<u4").astype(np.uint32, copy=False)
