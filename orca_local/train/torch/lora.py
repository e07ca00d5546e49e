"""Frozen linear layers that read the same input, with their low-rank updates, as one matrix product.

For layers W₁ … Wₙ with updates s·B·A, and R = n·rank, the product is

    y = [x, x·Aᵀ] · [W, s·B]ᵀ        W: W₁ … Wₙ on top of one another; B block-diagonal; A: A₁ … Aₙ

so that neither the forward pass nor the gradient in x runs over its large operands a second time for the
update's sake. The frozen W gets no gradient. What stands before the product (a norm, a gate) belongs to the
same function: its result is written straight into [x, …].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from orca_local.adapters.adapter import Adapter, Pair

_OFF_PAGE = 16
"""Numbers: in float32, a line of a cache."""


@dataclass(frozen=True, slots=True)
class NormInput:
    """The layers read the root-mean-square norm of their input."""

    weight: torch.Tensor
    epsilon: float

    def forward(self, x: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
        """Write the norm of `x` into `out`; returns what `backward` needs, one number a row."""
        if x.is_cuda:
            # One kernel: on a card the many small ones below take longer to start than to run.
            normed, inverse = torch.ops.aten._fused_rms_norm(x, [x.shape[-1]], self.weight.to(x.dtype), self.epsilon)
            out.copy_(normed)
            return inverse
        wide = x.float()
        inverse = torch.linalg.vector_norm(wide, dim=-1, keepdim=True).square_()
        inverse.div_(x.shape[-1]).add_(self.epsilon).rsqrt_()
        torch.mul(wide * inverse, self.weight, out=out)
        return inverse

    def backward(self, grad: torch.Tensor, x: torch.Tensor, inverse: torch.Tensor) -> torch.Tensor:
        """Gradient in `x`; with y = x·r·w, that is r·(g·w) − x·r³·mean(x·g·w)."""
        if x.is_cuda:
            weight, wanted = self.weight.to(x.dtype), [True, False]
            back = torch.ops.aten._fused_rms_norm_backward
            out: torch.Tensor = back(grad.contiguous(), x, [x.shape[-1]], inverse, weight, wanted)[0]
            return out
        scaled, wide = grad.float() * self.weight, x.float()
        along = torch.linalg.vecdot(scaled, wide).unsqueeze_(-1).mul_(inverse.pow(3)).div_(x.shape[-1])
        return scaled.mul_(inverse).addcmul_(wide, along, value=-1).to(x.dtype)


@dataclass(frozen=True, slots=True)
class GateInput:
    """The layers read f(g)·u, where their input is [g, u] and f is SiLU, or GELU in its tanh form."""

    gelu: bool = False

    def forward(self, x: torch.Tensor, out: torch.Tensor) -> None:
        """Write the gated values into `out`."""
        gate, up = x.chunk(2, dim=-1)
        torch.mul(self._activated(gate), up, out=out)

    def backward(self, grad: torch.Tensor, x: torch.Tensor, _: None) -> torch.Tensor:
        """Gradient in [g, u]."""
        gate, up = x.chunk(2, dim=-1)
        # B's gradient reads columns: where rows lie whole pages apart, a column does not fit a processor's cache.
        out = x.new_empty(len(x), x.shape[1] + _OFF_PAGE)[:, : x.shape[1]]
        out_gate, out_up = out.chunk(2, dim=-1)
        torch.mul(grad, self._activated(gate), out=out_up)
        slope = torch.ops.aten
        if self.gelu:
            slope.gelu_backward.grad_input(grad * up, gate, approximate="tanh", grad_input=out_gate)
        else:
            slope.silu_backward.grad_input(grad * up, gate, grad_input=out_gate)
        return out

    def _activated(self, gate: torch.Tensor) -> torch.Tensor:
        return nn.functional.gelu(gate, approximate="tanh") if self.gelu else nn.functional.silu(gate)


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


class WholeWeight:
    """A frozen matrix as it is, with room for an update's columns beside it."""

    def __init__(self, weight: torch.Tensor) -> None:
        self.shape = weight.shape
        self._wide = weight

    def add_columns(self, count: int) -> None:
        """Make room for `count` columns, all zero."""
        widened = self._wide.new_empty(self.shape[0], self.shape[1] + count)
        widened[:, : self.shape[1]] = self._wide
        widened[:, self.shape[1] :] = 0
        self._wide = widened

    @property
    def columns(self) -> torch.Tensor:
        """The update's columns, to be read and written."""
        return self._wide[:, self.shape[1] :]

    def wide(self) -> torch.Tensor:
        """Shape [out, in + columns]."""
        return self._wide


class FrozenWeight(Protocol):
    """How a frozen matrix is held; `WholeWeight` is the plain way."""

    shape: torch.Size

    def add_columns(self, count: int) -> None: ...

    @property
    def columns(self) -> torch.Tensor: ...

    def wide(self) -> torch.Tensor: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where one trained layer lies in a group."""

    name: str
    out: slice
    """Its rows of the group's output."""
    b: slice
    """Its rows of the group's B."""
    rank: slice
    """Its rows of the group's A, and its columns of the update."""


class LoraGroup(nn.Module):
    """Linear layers with one input: their frozen weights, their update, and what their input goes through."""

    def __init__(
        self,
        layers: Mapping[str, torch.Tensor],
        bias: torch.Tensor | None,
        given: Input,
        hold: Callable[[torch.Tensor], FrozenWeight] = WholeWeight,
    ) -> None:
        """`layers`: weights of shape [out, in] by name, in the order of the output."""
        super().__init__()
        self.given = given
        self.bias = bias
        self.outs = {name: weight.shape[0] for name, weight in layers.items()}
        first = next(iter(layers.values()))
        self.width, self.device = first.shape[1], first.device
        self.frozen = hold(torch.cat(list(layers.values())) if len(layers) > 1 else first)
        self.observe: Callable[[torch.Tensor], None] | None = None
        """Is shown what the layers read, norm or gate passed: shape [tokens, width]."""
        self.places: list[Place] = []
        self.scale, self.dropout, self.seed = 0.0, 0.0, 0
        self.a = nn.Parameter(torch.empty(0, self.width), requires_grad=False)
        self.b = nn.Parameter(torch.empty(0, 0), requires_grad=False)
        self.low = self.a.detach()
        """A in the type of the computation."""

    def add_update(self, adapter: Adapter, dropout: float = 0.0) -> list[nn.Parameter]:
        """Begin the updates that `adapter` has for these layers; returns their parameters, in float32."""
        at = row = 0
        for name, out in self.outs.items():
            if name in adapter.layers:
                start = len(self.places) * adapter.rank
                self.places.append(
                    Place(name, slice(at, at + out), slice(row, row + out), slice(start, start + adapter.rank))
                )
                row += out
            at += out
        if not self.places:
            return []
        self.scale, self.dropout = adapter.scale, dropout
        self.frozen.add_columns(len(self.places) * adapter.rank)
        # Float32: a bfloat16 sum of many small steps would lose most of them.
        a, b = (values.to(self.device) for values in self.join(adapter.layers))
        self.a, self.b = nn.Parameter(a), nn.Parameter(b)
        self.low = a.to(self.frozen.columns.dtype)
        self.refresh()
        return [self.a, self.b]

    def refresh(self) -> None:
        """Take over a changed update. To be called after every optimizer step."""
        self.low.copy_(self.a.detach())
        scaled = self.b.detach() * self.scale
        for place in self.places:
            self.frozen.columns[place.out, place.rank].copy_(scaled[place.b])

    def split(self, a: torch.Tensor, b: torch.Tensor) -> dict[str, Pair]:
        """A group's two tensors as those of each layer."""
        a_all, b_all = a.detach().cpu().numpy(), b.detach().cpu().numpy()
        return {place.name: (a_all[place.rank].copy(), b_all[place.b].copy()) for place in self.places}

    def join(self, pairs: Mapping[str, Pair]) -> tuple[torch.Tensor, torch.Tensor]:
        """The inverse of `split`."""
        halves = zip(*(pairs[place.name] for place in self.places), strict=True)
        a, b = (torch.from_numpy(np.concatenate(half).astype(np.float32, copy=False)) for half in halves)
        return a, b

    def set_update(self, pairs: Mapping[str, Pair]) -> None:
        """Take over the matrices of an adapter with the same layers and rank."""
        if self.places:
            a, b = self.join(pairs)
            self.a.data.copy_(a)
            self.b.data.copy_(b)
            self.refresh()

    def forward(self, x: torch.Tensor, residual: torch.Tensor | None = None) -> torch.Tensor:
        """Shape [tokens, input] → [tokens, sum of outs], the residual added."""
        keep = None
        if self.dropout and self.training and self.places:
            # From a seed of its own: the same when activations are computed a second time, or after a stop.
            generator = torch.Generator(self.device).manual_seed(self.seed)
            drawn = torch.rand(len(x), self.width, generator=generator, device=self.device)
            # The layers of a group drop the same inputs.
            keep = (drawn >= self.dropout).to(x.dtype).div_(1 - self.dropout)
        out: torch.Tensor = _Product.apply(x, residual, self.a, self.b, keep, self)
        return out


class _Product(torch.autograd.Function):
    """See the module's first lines."""

    @staticmethod
    def forward(ctx: Any, x: Any, residual: Any, a: Any, b: Any, keep: Any, group: LoraGroup) -> Any:
        weight = group.frozen.wide()
        wide = x.new_empty(len(x), weight.shape[1])
        read, low = wide[:, : group.width], wide[:, group.width :]
        state = group.given.forward(x, read)
        if group.observe is not None:
            group.observe(read)
        if group.places:
            torch.mm(read if keep is None else read * keep, group.low.t(), out=low)
        out = torch.mm(wide, weight.t()) if residual is None else torch.addmm(residual, wide, weight.t())
        if group.bias is not None:
            out += group.bias
        ctx.save_for_backward(x if not isinstance(group.given, PlainInput) else None, wide, keep, state)
        ctx.group, ctx.has_residual = group, residual is not None
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        grad, group = grads[0], ctx.group
        x, wide, keep, state = ctx.saved_tensors
        grad_read = None
        if ctx.needs_input_grad[0]:
            grad_read, grad_low = (grad @ group.frozen.wide()).split([group.width, wide.shape[1] - group.width], dim=1)
        else:
            grad_low = grad @ group.frozen.columns
        read, low = wide[:, : group.width], wide[:, group.width :]
        grad_x = grad_a = grad_b = None
        if ctx.needs_input_grad[2]:
            grad_a = (grad_low.t() @ (read if keep is None else read * keep)).float()
            parts = [grad[:, place.out].t() @ low[:, place.rank] for place in group.places]
            grad_b = torch.cat(parts).float().mul_(group.scale)
        if grad_read is not None:
            if not group.places:
                pass
            elif keep is None:
                grad_read.addmm_(grad_low, group.low)
            else:
                grad_read.addcmul_(grad_low @ group.low, keep)
            grad_x = group.given.backward(grad_read, x, state)
        return grad_x, grad if ctx.has_residual else None, grad_a, grad_b, None, None
