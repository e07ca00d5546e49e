"""The vocabulary head and its loss in MLX: most of a small model, computed where there is loss and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlx.core as mx
import mlx.nn as nn

UNDER_WAY = 3
"""How many chunks' worth of logits, as they are counted for PyTorch, MLX holds at once: it runs ahead of what it
frees (measured: ten copies of a chunk's logits)."""


def chunk_positions(words: int) -> int:
    """Positions whose logits are computed at once: of a vocabulary of 49,152 tokens, 341 on a card and 85 elsewhere."""
    logits = 1 << (22 if mx.default_device().type == mx.cpu else 24)
    return max(16, logits // words)


def summed_loss(head: Callable[[Any], Any], hidden: Any, target: Any, chunk: int, *, with_grad: bool) -> Any:
    """Cross-entropy of hidden states [positions, width], summed, `chunk` of them at a time.

    With `with_grad`, the gradient in them comes from the same pass: the logits are computed once. A target below 0
    has no loss.
    """

    def chunk_loss(states: Any, words: Any) -> Any:
        losses = nn.losses.cross_entropy(head(states).astype(mx.float32), mx.maximum(words, 0))
        return mx.where(words < 0, 0, losses).sum()

    chunk_slope = mx.value_and_grad(chunk_loss)

    def run(states: Any) -> Any:
        slopes: list[Any] = []
        total = mx.array(0.0)
        for start in range(0, len(target), chunk):
            part = slice(start, start + chunk)
            # One after the other, or the logits of all would be in memory.
            (now,) = mx.depends([states[part]], [total, *slopes[-1:]])
            if with_grad:
                found, slope = chunk_slope(now, target[part])
                slopes.append(slope)
            else:
                found = chunk_loss(now, target[part])
            total = total + found
        return (total, mx.concatenate(slopes)) if with_grad else (total,)

    if not with_grad:
        return run(hidden)[0]
    loss = mx.custom_function(run)

    @loss.vjp
    def backward(_primals: Any, cotangents: Any, outputs: Any) -> Any:
        return cotangents[0].astype(hidden.dtype) * outputs[1]

    outputs: Any = loss(hidden)
    return outputs[0]
