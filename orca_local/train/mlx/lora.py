"""LoRA updates of the linear layers of an mlx-lm model."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_unflatten

from orca_local.adapters.adapter import Adapter


class LoraLinear(nn.Module):
    """A frozen linear layer, quantized or not, plus B·A."""

    def __init__(self, linear: Any, dropout: float) -> None:
        super().__init__()
        self.linear = linear
        self.dropout = dropout
        self._key: Any = None  # MLX does not treat names with an underscore as parameters

    def seed(self, seed: int | None) -> None:
        """Set the random seed of dropout for the next passes; None turns dropout off."""
        self._key = None if seed is None else mx.random.key(seed)

    def set_update(self, a: mx.array, b: mx.array) -> None:
        """Set A (shape [rank, in_features]) and B ([out_features, rank]), which includes the scale."""
        self.a, self.b = a, b

    def __call__(self, x: mx.array) -> mx.array:
        """Shape […, in_features] → […, out_features], in the data type of `x`."""
        dropped, shape = x, x.shape[:-1]
        if self._key is not None:
            keep = mx.random.bernoulli(1 - self.dropout, x.shape, key=self._key)
            dropped = mx.where(keep, x * (1 / (1 - self.dropout)), 0)
        # Two-dimensional: in three dimensions, `addmm` copies B for each row and adds up as many gradients.
        x, dropped = x.flatten(0, -2), dropped.flatten(0, -2)
        low_rank = dropped @ self.a.astype(x.dtype).T
        return mx.addmm(self.linear(x), low_rank, self.b.astype(x.dtype).T).reshape(*shape, -1)


def add_updates(module: Any, adapter: Adapter, dropout: float) -> dict[str, LoraLinear]:
    """Freeze the model and wrap the layers that `adapter` has. Returns layer name → wrapped layer."""
    module.freeze()
    modules = dict(module.named_modules())
    layers = {name: LoraLinear(modules[name], dropout) for name in adapter.layers}
    module.update_modules(tree_unflatten(list(layers.items())))
    return layers
