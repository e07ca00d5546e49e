"""Frozen linear layers with one common input, and their LoRA updates, computed as one matrix product.

For layers W₁ … Wₙ with updates s·B·A, and R = n·rank, the product is

    y = [x, x·Aᵀ] · [W, s·B]ᵀ        W: W₁ … Wₙ stacked; B: block-diagonal; A: A₁ … Aₙ stacked

So neither the forward pass nor the gradient in x reads its large operands a second time for the update. The frozen W
gets no gradient. The operation before the product (a norm, a gate) is part of the same autograd function, so its
result is written directly into [x, …].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from orca_local.adapters.adapter import Adapter, Pair
from orca_local.domain.frozen import Frozen

_PAGE_OFFSET = 16
"""Float32 values of padding per row: one cache line."""


class NormInput(Frozen):
    """The layers read RMSNorm(x) = x · weight / √(mean(x²) + epsilon)."""

    weight: torch.Tensor
    """Shape [width], float32."""
    epsilon: float

    def forward(self, x: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
        """Write the norm of `x` into `out` (both [tokens, width]); returns 1/RMS, [tokens, 1], for `backward`."""
        if x.is_cuda:
            # One kernel: on a GPU, launching the small operations below takes longer than running them.
            normed, inverse = torch.ops.aten._fused_rms_norm(x, [x.shape[-1]], self.weight.to(x.dtype), self.epsilon)
            out.copy_(normed)
            return inverse
        wide = x.float()
        inverse = torch.linalg.vector_norm(wide, dim=-1, keepdim=True).square_()
        inverse.div_(x.shape[-1]).add_(self.epsilon).rsqrt_()
        torch.mul(wide * inverse, self.weight, out=out)
        return inverse

    def backward(self, grad: torch.Tensor, x: torch.Tensor, inverse: torch.Tensor) -> torch.Tensor:
        """Gradient in `x`, [tokens, width]. With y = x·r·w it is r·(g·w) − x·r³·mean(x·g·w)."""
        if x.is_cuda:
            weight, needs_grad = self.weight.to(x.dtype), [True, False]
            fused_backward = torch.ops.aten._fused_rms_norm_backward
            out: torch.Tensor = fused_backward(grad.contiguous(), x, [x.shape[-1]], inverse, weight, needs_grad)[0]
            return out
        scaled, wide = grad.float() * self.weight, x.float()
        along = torch.linalg.vecdot(scaled, wide).unsqueeze_(-1).mul_(inverse.pow(3)).div_(x.shape[-1])
        return scaled.mul_(inverse).addcmul_(wide, along, value=-1).to(x.dtype)


class GateInput(Frozen):
    """The layers read f(g)·u for the input [g, u], where f is SiLU or the tanh approximation of GELU."""

    gelu: bool = False

    def forward(self, x: torch.Tensor, out: torch.Tensor) -> None:
        """Write f(g)·u of `x` ([tokens, 2 · hidden]) into `out` ([tokens, hidden])."""
        gate, up = x.chunk(2, dim=-1)
        torch.mul(self._activate(gate), up, out=out)

    def backward(self, grad: torch.Tensor, x: torch.Tensor, _: None) -> torch.Tensor:
        """Gradient in `x`, [tokens, 2 · hidden]."""
        gate, up = x.chunk(2, dim=-1)
        # B's gradient reads columns. If rows were whole pages apart, a column would not fit the CPU's cache.
        out = x.new_empty(len(x), x.shape[1] + _PAGE_OFFSET)[:, : x.shape[1]]
        out_gate, out_up = out.chunk(2, dim=-1)
        torch.mul(grad, self._activate(gate), out=out_up)
        aten = torch.ops.aten
        if self.gelu:
            aten.gelu_backward.grad_input(grad * up, gate, approximate="tanh", grad_input=out_gate)
        else:
            aten.silu_backward.grad_input(grad * up, gate, grad_input=out_gate)
        return out

    def _activate(self, gate: torch.Tensor) -> torch.Tensor:
        return nn.functional.gelu(gate, approximate="tanh") if self.gelu else nn.functional.silu(gate)


class PlainInput(Frozen):
    """The layers read their input unchanged."""

    def forward(self, x: torch.Tensor, out: torch.Tensor) -> None:
        """Copy `x` into `out`, both [tokens, width]."""
        out.copy_(x)

    def backward(self, grad: torch.Tensor, _x: torch.Tensor, _: None) -> torch.Tensor:
        """The gradient itself, [tokens, width]."""
        return grad


InputTransform = NormInput | GateInput | PlainInput


class FrozenWeight(Protocol):
    """Storage of a frozen matrix of shape [out, in], with the columns of a LoRA update beside it."""

    shape: torch.Size

    def add_columns(self, count: int) -> None: ...

    @property
    def update_columns(self) -> torch.Tensor: ...

    def extended(self) -> torch.Tensor: ...


Freeze = Callable[[torch.Tensor], FrozenWeight]
"""Stores a matrix of shape [out, in] as a frozen weight."""


class DenseWeight:
    """A frozen matrix in its own data type."""

    def __init__(self, weight: torch.Tensor) -> None:
        """Store `weight`, of shape [out, in]."""
        self.shape = weight.shape
        self._extended = weight

    def add_columns(self, count: int) -> None:
        """Add `count` update columns, all zero."""
        extended = self._extended.new_empty(self.shape[0], self.shape[1] + count)
        extended[:, : self.shape[1]] = self._extended
        extended[:, self.shape[1] :] = 0
        self._extended = extended

    @property
    def update_columns(self) -> torch.Tensor:
        """A writable view of the update's columns, of shape [out, columns]."""
        return self._extended[:, self.shape[1] :]

    def extended(self) -> torch.Tensor:
        """[W, update columns], of shape [out, in + columns]."""
        return self._extended


class LayerSlice(Frozen):
    """Where one trained layer is in the tensors of its group."""

    name: str
    out: slice
    """Its columns of the group's output."""
    b: slice
    """Its rows of the group's B."""
    rank: slice
    """Its rows of the group's A, and its update columns."""


class LoraGroup(nn.Module):
    """Linear layers with one common input: their frozen weights, their updates, and the operation before them."""

    def __init__(
        self,
        layers: Mapping[str, torch.Tensor],
        bias: torch.Tensor | None,
        transform: InputTransform,
        freeze: Freeze = DenseWeight,
    ) -> None:
        """`layers`: name → weight of shape [out, in], in the order of the output. `bias` has shape [sum of out]."""
        super().__init__()
        self.transform = transform
        self.bias = bias
        self.out_features = {name: weight.shape[0] for name, weight in layers.items()}
        first = next(iter(layers.values()))
        self.width, self.device = first.shape[1], first.device
        self.frozen = freeze(torch.cat(list(layers.values())) if len(layers) > 1 else first)
        self.observe: Callable[[torch.Tensor], None] | None = None
        """If set, called with the input of the layers, after the transform: shape [tokens, width]."""
        self.slices: list[LayerSlice] = []
        self.scale, self.dropout, self.seed = 0.0, 0.0, 0
        self.a = nn.Parameter(torch.empty(0, self.width), requires_grad=False)
        """Float32, shape [R, width]."""
        self.b = nn.Parameter(torch.empty(0, 0), requires_grad=False)
        """Float32, shape [sum of the trained layers' out, rank]."""
        self.compute_a = self.a.detach()
        """A in the data type of the product."""

    def add_update(self, adapter: Adapter, dropout: float = 0.0) -> list[nn.Parameter]:
        """Add the updates that `adapter` has for these layers. Returns A and B, float32, or nothing."""
        column = row = 0
        for name, out in self.out_features.items():
            if name in adapter.layers:
                start = len(self.slices) * adapter.rank
                ranks = slice(start, start + adapter.rank)
                self.slices.append(LayerSlice(name, slice(column, column + out), slice(row, row + out), ranks))
                row += out
            column += out
        if not self.slices:
            return []
        self.scale, self.dropout = adapter.scale, dropout
        self.frozen.add_columns(len(self.slices) * adapter.rank)
        # Float32: a bfloat16 sum of many small steps would lose most of them.
        a, b = (values.to(self.device) for values in self.join(adapter.layers))
        self.a, self.b = nn.Parameter(a), nn.Parameter(b)
        self.compute_a = a.to(self.frozen.update_columns.dtype)
        self.refresh()
        return [self.a, self.b]

    def refresh(self) -> None:
        """Copy A and B, which an optimizer step has changed, into the operands of the product."""
        self.compute_a.copy_(self.a.detach())
        scaled = self.b.detach() * self.scale
        for part in self.slices:
            self.frozen.update_columns[part.out, part.rank].copy_(scaled[part.b])

    def split(self, a: torch.Tensor, b: torch.Tensor) -> dict[str, Pair]:
        """Split tensors of the shapes of A and B: layer name → numpy copies of [rank, in] and [out, rank], float32."""
        a_all, b_all = a.detach().cpu().numpy(), b.detach().cpu().numpy()
        return {part.name: (a_all[part.rank].copy(), b_all[part.b].copy()) for part in self.slices}

    def join(self, pairs: Mapping[str, Pair]) -> tuple[torch.Tensor, torch.Tensor]:
        """The inverse of `split`: A ([R, width]) and B ([sum of out, rank]), float32, on the CPU."""
        matrices = zip(*(pairs[part.name] for part in self.slices), strict=True)
        a, b = (torch.from_numpy(np.concatenate(matrix).astype(np.float32, copy=False)) for matrix in matrices)
        return a, b

    def set_update(self, pairs: Mapping[str, Pair]) -> None:
        """Replace A and B by those of an adapter with the same layers and rank."""
        if self.slices:
            a, b = self.join(pairs)
            self.a.data.copy_(a)
            self.b.data.copy_(b)
            self.refresh()

    def forward(self, x: torch.Tensor, residual: torch.Tensor | None = None) -> torch.Tensor:
        """Shape [tokens, input] → [tokens, sum of out], with the residual (the same shape) added."""
        keep = None
        if self.dropout and self.training and self.slices:
            # A seed per call: the mask is the same if activations are recomputed, or after a resume.
            generator = torch.Generator(self.device).manual_seed(self.seed)
            random = torch.rand(len(x), self.width, generator=generator, device=self.device)
            # The layers of a group share one mask.
            keep = (random >= self.dropout).to(x.dtype).div_(1 - self.dropout)
        out: torch.Tensor = _Product.apply(x, residual, self.a, self.b, keep, self)
        return out


class _Product(torch.autograd.Function):
    """The product in the module's docstring. `keep` is the dropout mask, [tokens, width], or None."""

    @staticmethod
    def forward(ctx: Any, x: Any, residual: Any, a: Any, b: Any, keep: Any, group: LoraGroup) -> Any:
        weight = group.frozen.extended()
        extended = x.new_empty(len(x), weight.shape[1])
        inputs, low_rank = extended[:, : group.width], extended[:, group.width :]
        saved = group.transform.forward(x, inputs)
        if group.observe is not None:
            group.observe(inputs)
        if group.slices:
            torch.mm(inputs if keep is None else inputs * keep, group.compute_a.t(), out=low_rank)
        out = torch.mm(extended, weight.t()) if residual is None else torch.addmm(residual, extended, weight.t())
        if group.bias is not None:
            out += group.bias
        ctx.save_for_backward(x if not isinstance(group.transform, PlainInput) else None, extended, keep, saved)
        ctx.group, ctx.has_residual = group, residual is not None
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        grad, group = grads[0], ctx.group
        x, extended, keep, saved = ctx.saved_tensors
        widths = [group.width, extended.shape[1] - group.width]
        grad_inputs = grad_x = grad_a = grad_b = None
        if ctx.needs_input_grad[0]:
            grad_inputs, grad_low = (grad @ group.frozen.extended()).split(widths, dim=1)
        else:
            grad_low = grad @ group.frozen.update_columns
        inputs, low_rank = extended.split(widths, dim=1)
        if ctx.needs_input_grad[2]:
            grad_a = (grad_low.t() @ (inputs if keep is None else inputs * keep)).float()
            parts = [grad[:, part.out].t() @ low_rank[:, part.rank] for part in group.slices]
            grad_b = torch.cat(parts).float().mul_(group.scale)
        if grad_inputs is not None:
            if group.slices and keep is None:
                grad_inputs.addmm_(grad_low, group.compute_a)
            elif group.slices:
                grad_inputs.addcmul_(grad_low @ group.compute_a, keep)
            grad_x = group.transform.backward(grad_inputs, x, saved)
        return grad_x, grad if ctx.has_residual else None, grad_a, grad_b, None, None
