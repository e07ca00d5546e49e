"""The number of operations of a training step, and the machine's speed at matrix products."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import linear_layers
from orca_local.train.batches import Batch

SHAPES = ((2048, 576, 1536), (2048, 1536, 576), (256, 576, 49152), (4096, 4096, 4096))
"""Rows, inner size and columns of the timed products: three of the embedded student's, and a large one."""

MAX_PRODUCT_SECONDS = 10.0
"""Maximum duration of a timed product."""


@dataclass(frozen=True, slots=True)
class MatrixRate:
    """A timed product."""

    shape: tuple[int, int, int]
    flops_per_second: float


def step_flops(header: Header, parts: Sequence[Batch], rank: int) -> int:
    """Number of operations of a training step that our backend computes in `parts`.

    A matrix of P weights needs 2·P operations per token forward and as many for the gradient in its input; frozen
    weights get no gradient. An update of shape [out, rank]·[rank, in] needs 2·rank·(in + out) forward and twice that
    backward (input, A and B). A shared prefix counts once per part. The last block after its attention and the output
    head count only at positions with a loss. The first block's input needs no gradient. Causal attention needs
    4·width operations per pair of tokens forward and twice that backward. Norms and gates are not counted: they are
    not matrix products.
    """
    last, total = header.block_count - 1, 0
    heads, size = header.count("attention.head_count"), 0
    layers = linear_layers(header)
    for part in parts:
        prefix = part.shared_prefix
        tokens, targets = part.tokens - prefix * (len(part.lengths) - 1), len(part.target)
        for layer in layers:
            block, kind = int(layer.hf_name.split(".")[2]), layer.hf_name.rpartition(".")[2]
            reads_block = kind in ("q_proj", "k_proj", "v_proj")
            rows = tokens if block < last or reads_block else targets
            passes = 1 if block == 0 and reads_block else 2
            total += rows * passes * 2 * layer.out_features * layer.in_features
            total += rows * 3 * 2 * rank * (layer.out_features + layer.in_features)
            size = layer.out_features // heads if kind == "q_proj" else size
        rest = part.lengths - prefix
        pairs = prefix * (prefix + 1) // 2 + int((rest * (rest + 1) // 2 + rest * prefix).sum())
        total += 3 * 4 * heads * size * pairs * header.block_count
        vocab_size, width = header.tensor_map["token_embd.weight"].shape
        total += 2 * 2 * vocab_size * width * targets
    return total


def matrix_rates(compute: str) -> list[MatrixRate]:
    """The best of several products of each shape, without shapes that would take longer than `MAX_PRODUCT_SECONDS`."""
    import torch

    rates: list[MatrixRate] = []
    for rows, inner, columns in SHAPES:
        work = 2 * rows * inner * columns
        if rates and work / rates[0].flops_per_second > MAX_PRODUCT_SECONDS:
            continue
        a, b = (torch.randn(shape, dtype=getattr(torch, compute)) for shape in ((rows, inner), (columns, inner)))
        rates.append(MatrixRate((rows, inner, columns), work / _best(a, b)))
    return rates


def _best(a: Any, b: Any) -> float:
    """Minimum seconds of a product a · bᵀ, the layout of a linear layer."""
    import torch

    out, spent, until = a @ b.t(), [], time.perf_counter() + 2.0
    while len(spent) < 3 or (time.perf_counter() < until and len(spent) < 50):
        started = time.perf_counter()
        torch.mm(a, b.t(), out=out)
        spent.append(time.perf_counter() - started)
    return min(spent)
