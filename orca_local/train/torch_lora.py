"""Frozen linear layers that read the same input, with their low-rank updates, as one matrix product.

For layers W₁ … Wₙ with updates s·B·A, and R = n·rank, the product is

    y = [x, x·Aᵀ] · [W, s·B]ᵀ        W: W₁ … Wₙ on top of one another; B block-diagonal; A: A₁ … Aₙ

so that neither the forward pass nor the gradient in x runs over its large operands a second time for the
update's sake. The frozen W gets no gradient. What stands before the product (a norm, a gate) belongs to the
same function: its result is written straight into [x, …].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from orca_local.adapters.adapter import Pair


@dataclass(frozen=True, slots=True)
class NormInput:
    """The layers read the root-mean-square norm of their input."""

    weight: torch.Tensor
    epsilon: float

    def forward(self, x: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
        """Write the norm of `x` into `out`; returns what `backward` needs, one number a row."""
        wide = x.float()
        inverse = torch.linalg.vector_norm(wide, dim=-1, keepdim=True).square_()
        inverse.div_(x.shape[-1]).add_(self.epsilon).rsqrt_()
        torch.mul(wide * inverse, self.weight, out=out)
        return inverse

    def backward(self, grad: torch.Tensor, x: torch.Tensor, inverse: torch.Tensor) -> torch.Tensor:
        """Gradient in `x`; with y = x·r·w, that is r·(g·w) − x·r³·mean(x·g·w)."""
        scaled, wide = grad.float() * self.weight, x.float()
        along = torch.linalg.vecdot(scaled, wide).unsqueeze_(-1).mul_(inverse.pow(3)).div_(x.shape[-1])
        return scaled.mul_(inverse).addcmul_(wide, along, value=-1).to(x.dtype)


@dataclass(frozen=True, slots=True)
class GateInput:
    """The layers read silu(g)·u, where their input is [g, u]."""

    def forward(self, x: torch.Tensor, out: torch.Tensor) -> None:
        """Write the gated values into `out`."""
        gate, up = x.chunk(2, dim=-1)
        torch.mul(nn.functional.silu(gate), up, out=out)

    def backward(self, grad: torch.Tensor, x: torch.Tensor, _: None) -> torch.Tensor:
        """Gradient in [g, u]."""
        gate, up = x.chunk(2, dim=-1)
        out = torch.empty_like(x)
        out_gate, out_up = out.chunk(2, dim=-1)
        torch.mul(grad, nn.functional.silu(gate), out=out_up)
        out_gate.copy_(torch.ops.aten.silu_backward(grad * up, gate))
        return out


@dataclass(frozen=True, slots=True)
class PlainInput:
    """The layers read their input as it is."""

    def forward(self, x: torch.Tensor, out: torch.Tensor) -> None:
        """Copy."""
        out.copy_(x)

    def backward(self, grad: torch.Tensor, _x: torch.Tensor, _: None) -> torch.Tensor:
        """The gradient itself."""
        return grad


Input = NormInput | GateInput | PlainInput


class LoraGroup(nn.Module):
    """Linear layers with one input: their frozen weights, their update, and what their input goes through."""

    def __init__(self, layers: Mapping[str, torch.Tensor], bias: torch.Tensor | None, given: Input) -> None:
        """`layers`: weights of shape [out, in] by name, in the order of the output."""
        super().__init__()
        self.given = given
        self.bias = bias
        self.outs = {name: weight.shape[0] for name, weight in layers.items()}
        self.width = next(iter(layers.values())).shape[1]
        self.rank, self.scale, self.dropout = 0, 0.0, 0.0
        self.weight = torch.cat(list(layers.values()))
        """Shape [sum of outs, width + layers · rank]."""
        self.a = nn.Parameter(torch.empty(0, self.width), requires_grad=False)
        self.b = nn.Parameter(torch.empty(len(self.weight), 0), requires_grad=False)

    def add_update(self, rank: int, alpha: float, dropout: float, generator: torch.Generator) -> list[nn.Parameter]:
        """Begin an update and return its parameters, in float32.

        A starts as in PEFT (Kaiming uniform with a = √5, so uniform in ±1/√width) and B at zero.
        """
        self.rank, self.scale, self.dropout = rank, alpha / rank, dropout
        bound, device = self.width**-0.5, self.weight.device
        start = torch.empty(len(self.outs) * rank, self.width).uniform_(-bound, bound, generator=generator)
        # Float32: a bfloat16 sum of many small steps would lose most of them.
        self.a = nn.Parameter(start.to(device))
        self.b = nn.Parameter(torch.zeros(len(self.weight), rank, device=device))
        widened = self.weight.new_zeros(len(self.weight), self.width + len(start))
        widened[:, : self.width] = self.weight
        self.weight = widened
        return [self.a, self.b]

    def blocks(self) -> list[tuple[str, slice, slice]]:
        """Of each layer: name, its rows in the output (and in b), its rows in a."""
        found, at = [], 0
        for i, (name, out) in enumerate(self.outs.items()):
            found.append((name, slice(at, at + out), slice(i * self.rank, (i + 1) * self.rank)))
            at += out
        return found

    def refresh(self) -> None:
        """Take over a changed b. To be called after every optimizer step."""
        for _, rows, ranks in self.blocks():
            update = self.weight[rows, self.width :][:, ranks]
            update.copy_(self.b.detach()[rows] * self.scale)

    def pairs(self) -> dict[str, Pair]:
        """A and B of each layer by name."""
        a, b = self.a.detach().cpu().numpy(), self.b.detach().cpu().numpy()
        return {name: (a[ranks], b[rows]) for name, rows, ranks in self.blocks()}

    def set_pairs(self, pairs: Mapping[str, Pair]) -> None:
        """The inverse of `pairs`."""
        for name, rows, ranks in self.blocks():
            self.a.data[ranks] = torch.from_numpy(pairs[name][0]).to(self.a.device)
            self.b.data[rows] = torch.from_numpy(pairs[name][1]).to(self.b.device)
        self.refresh()

    def forward(self, x: torch.Tensor, residual: torch.Tensor | None = None) -> torch.Tensor:
        """Shape [tokens, input] → [tokens, sum of outs], the residual added."""
        keep = None
        if self.dropout and self.training:
            # Entries are 0 or 1/(1 − p); the layers of a group drop the same inputs.
            keep = nn.functional.dropout(x.new_ones(len(x), self.width), self.dropout)
        out: torch.Tensor = _Product.apply(x, residual, self.a, self.b, keep, self)
        return out


class _Product(torch.autograd.Function):
    """See the module's first lines."""

    @staticmethod
    def forward(ctx: Any, x: Any, residual: Any, a: Any, b: Any, keep: Any, group: LoraGroup) -> Any:
        wide = x.new_empty(len(x), group.weight.shape[1])
        read, low = wide[:, : group.width], wide[:, group.width :]
        state = group.given.forward(x, read)
        if group.rank:
            torch.mm(read if keep is None else read * keep, a.to(x.dtype).t(), out=low)
        out = torch.mm(wide, group.weight.t()) if residual is None else torch.addmm(residual, wide, group.weight.t())
        if group.bias is not None:
            out += group.bias
        ctx.save_for_backward(x if not isinstance(group.given, PlainInput) else None, wide, a, b, keep, state)
        ctx.group, ctx.has_residual = group, residual is not None
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        grad, group = grads[0], ctx.group
        x, wide, a, b, keep, state = ctx.saved_tensors
        grad_read = None
        if ctx.needs_input_grad[0]:
            grad_read, grad_low = (grad @ group.weight).split([group.width, group.rank * len(group.outs)], dim=1)
        else:
            grad_low = grad @ group.weight[:, group.width :]
        read, low = wide[:, : group.width], wide[:, group.width :]
        grad_x = grad_a = grad_b = None
        if ctx.needs_input_grad[2]:
            grad_a = (grad_low.t() @ (read if keep is None else read * keep)).to(a.dtype)
            parts = [grad[:, rows].t() @ low[:, ranks] for _, rows, ranks in group.blocks()]
            grad_b = torch.cat(parts).to(b.dtype).mul_(group.scale)
        if grad_read is not None:
            if keep is None:
                grad_read.addmm_(grad_low, a.to(grad.dtype))
            else:
                grad_read.addcmul_(grad_low @ a.to(grad.dtype), keep)
            grad_x = group.given.backward(grad_read, x, state)
        return grad_x, grad if ctx.has_residual else None, grad_a, grad_b, None, None
