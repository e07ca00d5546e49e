"""The frozen feed-forward layer of a mixture of experts: a router chooses a few experts for each token.

Most of such a model is experts, so they are never all in memory as floating-point numbers. An expert is made ready when
it is used, once in the forward pass and once in the backward pass: dequantized from the file, or from four bits if
`train.quantize_base` says so. The backward pass computes its activations again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

Expert = tuple[torch.Tensor, torch.Tensor]
"""The matrices of gate and up projection one below the other, [2 · hidden, width], and the down projection's, [width,
hidden]."""


class Experts:
    """A router and its experts. Neither is trained, but the gradient in the input goes through both."""

    def __init__(self, router: torch.Tensor, used: int, load: Callable[[int], Expert]) -> None:
        """`router` has shape [experts, width]; `load` makes an expert ready by its number."""
        self._router, self._used, self._load = router.float(), used, load

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Shape [tokens, width] → the same: the sum of the chosen experts' results, weighted by the router.

        As in llama.cpp, the weights are the softmax over all experts, and those of the chosen ones are scaled to 1.
        """
        shares = (x.float() @ self._router.t()).softmax(dim=-1)
        weights, chosen = shares.topk(self._used, dim=-1)
        out: torch.Tensor = _Mix.apply(x, weights / weights.sum(dim=-1, keepdim=True), chosen, self._load)
        return out


class _Mix(torch.autograd.Function):
    """Shapes: x [tokens, width]; weights (float32) and chosen, [tokens, used]."""

    @staticmethod
    def forward(ctx: Any, x: Any, weights: Any, chosen: Any, load: Callable[[int], Expert]) -> Any:
        # In float32: a bfloat16 sum of several experts would lose precision.
        out = torch.zeros(x.shape, dtype=torch.float32, device=x.device)
        for number, tokens, places in _by_expert(chosen):
            gate_up, down = load(number)
            gate, up = (x[tokens] @ gate_up.t()).chunk(2, dim=-1)
            result = (nn.functional.silu(gate) * up) @ down.t()
            out.index_add_(0, tokens, result * weights[tokens, places, None])
        ctx.save_for_backward(x, weights, chosen)
        ctx.load = load
        return out.to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        x, weights, chosen = ctx.saved_tensors
        grad_x = torch.zeros(x.shape, dtype=torch.float32, device=x.device)
        grad_weights = torch.zeros_like(weights)
        for number, tokens, places in _by_expert(chosen):
            gate_up, down = ctx.load(number)
            gate, up = (x[tokens] @ gate_up.t()).chunk(2, dim=-1)
            active = nn.functional.silu(gate)
            back = grads[0][tokens] @ down
            grad_weights[tokens, places] = (back * (active * up)).sum(dim=-1, dtype=torch.float32)
            back = back * weights[tokens, places, None].to(back.dtype)
            grad_gate = torch.ops.aten.silu_backward(back * up, gate)
            grad_x.index_add_(0, tokens, (torch.cat([grad_gate, back * active], dim=-1) @ gate_up).float())
        return grad_x.to(x.dtype), grad_weights, None, None


def _by_expert(chosen: torch.Tensor) -> Iterator[tuple[int, torch.Tensor, torch.Tensor]]:
    """Each expert that a token chose: its number, its tokens, and the place that it has among the token's choices."""
    for number in chosen.unique().tolist():
        tokens, places = (chosen == number).nonzero(as_tuple=True)
        yield number, tokens, places
