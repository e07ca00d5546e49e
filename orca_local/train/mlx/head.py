"""The output head and its loss in MLX. The head is most of a small model: it is computed only where there is a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlx.core as mx
import mlx.nn as nn

CHUNKS_IN_FLIGHT = 3
"""Number of chunks whose logits MLX holds at once, in the units of the PyTorch estimate. MLX runs ahead of what it
frees: measured were ten copies of a chunk's logits."""


def chunk_positions(vocab_size: int) -> int:
    """Positions whose logits are computed at once: for 49,152 tokens of vocabulary, 341 on a GPU and 85 on a CPU."""
    logits = 1 << (22 if mx.default_device().type == mx.cpu else 24)
    return max(16, logits // vocab_size)


def summed_loss(
    head: Callable[[mx.array], mx.array], hidden: mx.array, target: mx.array, chunk: int, *, with_grad: bool
) -> Any:
    """Sum of the cross-entropies in nats (a float32 scalar), computed `chunk` positions at a time.

    `hidden` has shape [targets, width], `target` [targets]. A negative target has no loss. With `with_grad`, the
    gradient in `hidden` is computed in the same pass, so the logits are computed only once.
    """

    def chunk_loss(states: Any, targets: Any) -> Any:
        losses = nn.losses.cross_entropy(head(states).astype(mx.float32), mx.maximum(targets, 0))
        return mx.where(targets < 0, 0, losses).sum()

    chunk_gradient = mx.value_and_grad(chunk_loss)

    def run(states: Any) -> Any:
        gradients: list[Any] = []
        total = mx.array(0.0)
        for start in range(0, len(target), chunk):
            part = slice(start, start + chunk)
            # One chunk after the other: otherwise the logits of all chunks would be in memory at once.
            (chunk_states,) = mx.depends([states[part]], [total, *gradients[-1:]])
            if with_grad:
                loss, gradient = chunk_gradient(chunk_states, target[part])
                gradients.append(gradient)
            else:
                loss = chunk_loss(chunk_states, target[part])
            total = total + loss
        return (total, mx.concatenate(gradients)) if with_grad else (total,)

    if not with_grad:
        return run(hidden)[0]
    loss = mx.custom_function(run)

    @loss.vjp
    def backward(_primals: Any, cotangents: Any, outputs: Any) -> Any:
        return cotangents[0].astype(hidden.dtype) * outputs[1]

    outputs: Any = loss(hidden)
    return outputs[0]
