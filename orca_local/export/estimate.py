"""Estimate the size of an exported file."""

from __future__ import annotations

import math

from orca_local.gguf.header import Header, TensorInfo

BITS_PER_WEIGHT: dict[str, tuple[float, float]] = {
    "F16": (16.0, 16.0),
    "Q8_0": (8.5, 8.5),
    "Q6_K": (6.56, 8.5),
    "Q5_K_M": (5.67, 6.4),
    "Q5_K_S": (5.5, 6.0),
    "Q4_K_M": (4.84, 6.0),
    "Q4_K_S": (4.6, 5.7),
    "IQ4_XS": (4.3, 4.6),
    "Q3_K_M": (3.9, 4.9),
    "Q2_K": (3.0, 4.6),
}
"""Common types, the largest first → average bits per weight of the transformer blocks: for rows whose width is a
multiple of 256, and for others, for which llama.cpp uses types with shorter quantization blocks. llama.cpp gives some
layers more bits than the name says; the average includes them."""

_SUPER_BLOCK, _BLOCK = 256, 32
_HEADS = ("output.weight", "per_layer_token_embd.weight")
_EMBEDDING = "token_embd.weight"


def estimate_bytes(quantization: str, header: Header) -> int:
    """Approximate file size in bytes of this model as one of the types in `BITS_PER_WEIGHT`, within a few percent."""
    weights = sum(_bits(quantization, header, t) * math.prod(t.shape) for t in header.tensors) / 8
    return round(weights) + header.data_offset


def _bits(quantization: str, header: Header, tensor: TensorInfo) -> float:
    if len(tensor.shape) < 2:
        return 32.0
    width = tensor.shape[-1]
    if width % _BLOCK:
        return 16.0
    effective = quantization
    if tensor.name in _HEADS or (header.tied and tensor.name == _EMBEDDING):
        # llama.cpp uses at least Q6_K for the output head.
        effective = quantization if BITS_PER_WEIGHT[quantization][0] > BITS_PER_WEIGHT["Q6_K"][0] else "Q6_K"
    wide, narrow = BITS_PER_WEIGHT[effective]
    return narrow if width % _SUPER_BLOCK else wide
