"""A linear layer with a low-rank update, computed without the detours of a general one."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import linear_layers


class _LoraFunction(torch.autograd.Function):
    """y = x·Wᵀ (+ b) + s·(x·Aᵀ)·Bᵀ; the frozen W gets no gradient and nothing but x and x·Aᵀ is kept."""

    @staticmethod
    def forward(ctx: Any, x: Any, weight: Any, bias: Any, a: Any, b: Any, scale: float) -> Any:
        flat = x.reshape(-1, x.shape[-1])
        low = flat @ a.t()
        out = flat @ weight.t() if bias is None else torch.addmm(bias, flat, weight.t())
        out.addmm_(low, b.t(), alpha=scale)
        ctx.save_for_backward(flat, low, weight, a, b)
        ctx.scale = scale
        ctx.shape = x.shape
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        flat, low, weight, a, b = ctx.saved_tensors
        grad = grads[0].reshape(-1, grads[0].shape[-1])
        grad_low = (grad @ b).mul_(ctx.scale)
        grad_a = grad_low.t() @ flat
        grad_b = (grad.t() @ low).mul_(ctx.scale)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = (grad @ weight).addmm_(grad_low, a).view(ctx.shape)
        return grad_x, None, None, grad_a, grad_b, None


class LoraLinear(nn.Module):
    """Stands in the place of a frozen `nn.Linear`."""

    def __init__(self, frozen: nn.Linear, rank: int, alpha: float, dropout: float) -> None:
        super().__init__()
        self.weight = frozen.weight
        self.bias = frozen.bias
        self.scale = alpha / rank
        self.dropout = dropout
        device = frozen.weight.device
        # Float32 masters: a bfloat16 sum of many small steps would lose most of them.
        self.lora_a = nn.Parameter(torch.empty(rank, frozen.in_features, device=device))
        self.lora_b = nn.Parameter(torch.zeros(frozen.out_features, rank, device=device))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As the frozen layer, plus the update."""
        a, b = self.lora_a.to(x.dtype), self.lora_b.to(x.dtype)
        if self.dropout and self.training:
            plain = nn.functional.linear(x, self.weight, self.bias)
            low = nn.functional.dropout(x, self.dropout) @ a.t()
            return plain + self.scale * (low @ b.t())
        return _LoraFunction.apply(x, self.weight, self.bias, a, b, self.scale)


def add_lora(model: Any, header: Header, rank: int, alpha: float, dropout: float, seed: int) -> dict[str, LoraLinear]:
    """Replace every linear layer of the blocks; returns the new layers by name.

    A starts as in PEFT (Kaiming uniform with a = √5, so uniform in ±1/√in_features) and B at zero.
    """
    generator = torch.Generator().manual_seed(seed)
    layers = {}
    for layer in linear_layers(header):
        parent_name, _, name = layer.hf_name.rpartition(".")
        parent = model.get_submodule(parent_name)
        new = LoraLinear(getattr(parent, name), rank, alpha, dropout)
        bound = layer.in_features**-0.5
        start = torch.empty(rank, layer.in_features).uniform_(-bound, bound, generator=generator)
        new.lora_a.data.copy_(start)
        setattr(parent, name, new)
        layers[layer.hf_name] = new
    return layers
