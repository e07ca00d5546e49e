"""Frozen weights in four bits: NF4 with double quantization, as in QLoRA (arXiv 2305.14314)."""

from __future__ import annotations

from typing import Any

import torch

from orca_local.domain.errors import MissingError

BLOCK_SIZE = 64
"""Number of weights that share a scale."""
BYTES_PER_WEIGHT = 0.5 + 1 / BLOCK_SIZE + 4 / (BLOCK_SIZE * 256)
"""Four bits, plus its share of an 8-bit scale, plus its share of the 32-bit scale of 256 scales."""


def load_bitsandbytes() -> Any:
    """The module `bitsandbytes.functional`. Raises `MissingError` if it is not installed."""
    try:
        import bitsandbytes.functional
    except ImportError as error:
        raise MissingError(
            f'train.quantize_base = "nf4" needs bitsandbytes, which cannot be loaded: {error}',
            hint='pip install "orca-local[qlora]", or set train.quantize_base = "none"',
        ) from error
    return bitsandbytes.functional


class Nf4Weight:
    """A frozen matrix in NF4 with the columns of a LoRA update beside it.

    It is dequantized for each product. The copy takes a few percent of the time of the product.
    """

    def __init__(self, weight: torch.Tensor) -> None:
        """Quantize `weight`, of shape [out, in]."""
        self.shape = weight.shape
        self._packed, self._state = load_bitsandbytes().quantize_4bit(
            weight.contiguous(), blocksize=BLOCK_SIZE, compress_statistics=True, quant_type="nf4"
        )
        self.update_columns = weight.new_empty(len(weight), 0)

    def add_columns(self, count: int) -> None:
        """Add `count` update columns, all zero."""
        self.update_columns = self.update_columns.new_zeros(self.shape[0], count)

    def extended(self) -> torch.Tensor:
        """[W, update columns], of shape [out, in + columns], in the data type of the original weight."""
        weight = load_bitsandbytes().dequantize_4bit(self._packed, self._state)
        return torch.cat([weight, self.update_columns], dim=1)
