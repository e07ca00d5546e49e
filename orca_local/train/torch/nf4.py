"""Frozen weights in four bits: NormalFloat with its scales quantized once more, as in QLoRA (arXiv 2305.14314)."""

from __future__ import annotations

from typing import Any

import torch

from orca_local.domain.errors import MissingError

BLOCK = 64
"""Weights that share a scale."""
BYTES = 0.5 + 1 / BLOCK + 4 / (BLOCK * 256)
"""Of a weight: four bits, its share of a scale in eight bits, and of a scale of 256 scales in 32."""


def functional() -> Any:
    """The quantizer of bitsandbytes. Raises `MissingError` where it is not installed."""
    try:
        import bitsandbytes.functional
    except ImportError as error:
        raise MissingError(
            f'train.quantize_base = "nf4" needs bitsandbytes, which cannot be loaded: {error}',
            hint='pip install "orca-local[qlora]", or set train.quantize_base = "none"',
        ) from error
    return bitsandbytes.functional


class Nf4Weight:
    """A frozen matrix in NF4, with an update's columns beside it; made whole for each product.

    Whole means a copy for the time of one product: a few percent of the time that the product takes.
    """

    def __init__(self, weight: torch.Tensor) -> None:
        self.shape = weight.shape
        self._packed, self._state = functional().quantize_4bit(
            weight.contiguous(), blocksize=BLOCK, compress_statistics=True, quant_type="nf4"
        )
        self.columns = weight.new_empty(len(weight), 0)

    def add_columns(self, count: int) -> None:
        """Make room for `count` columns, all zero."""
        self.columns = self.columns.new_zeros(self.shape[0], count)

    def wide(self) -> torch.Tensor:
        """Shape [out, in + columns]."""
        whole = functional().dequantize_4bit(self._packed, self._state)
        return torch.cat([whole, self.columns], dim=1)
