"""How large a file will be, before it is made."""

from __future__ import annotations

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
"""Types that are usually chosen, the largest first: bits a weight of the blocks, in rows whose width is a multiple of
256, and in others, for which llama.cpp falls back on types with shorter blocks. It gives some layers more bits than the
name says; that is part of the average."""

_SUPER_BLOCK, _BLOCK = 256, 32
_HEADS = ("output.weight", "per_layer_token_embd.weight")
_EMBEDDING = "token_embd.weight"


def estimate_bytes(quantization: str, header: Header) -> int:
    """About how large the model of this header is as one of `BITS_PER_WEIGHT`, a few per cent more or less."""
    weights = sum(_bits(quantization, header, tensor) * _count(tensor) for tensor in header.tensors) / 8
    return round(weights) + header.data_offset


def _bits(quantization: str, header: Header, tensor: TensorInfo) -> float:
    if len(tensor.shape) < 2:
        return 32.0
    width = tensor.shape[-1]
    if width % _BLOCK:
        return 16.0
    wanted = quantization
    if tensor.name in _HEADS or (header.tied and tensor.name == _EMBEDDING):
        # What predicts keeps more: llama.cpp gives it Q6_K where the others have less.
        wanted = quantization if BITS_PER_WEIGHT[quantization][0] > BITS_PER_WEIGHT["Q6_K"][0] else "Q6_K"
    whole, short = BITS_PER_WEIGHT[wanted]
    return short if width % _SUPER_BLOCK else whole


def _count(tensor: TensorInfo) -> int:
    count = 1
    for size in tensor.shape:
        count *= size
    return count
