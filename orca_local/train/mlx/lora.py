"""Low-rank updates of the linear layers of an mlx-lm model."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_unflatten

from orca_local.adapters.adapter import Adapter


class LoraLinear(nn.Module):
    """A frozen linear layer, whole or in blocks, plus B·A."""

    def __init__(self, linear: Any, dropout: float) -> None:
        super().__init__()
        self.linear = linear
        self.dropout = dropout
        self._key: Any = None  # a name that MLX does not take for a parameter's

    def seed(self, seed: int | None) -> None:
        """What the dropout of the next passes is drawn from; None for no dropout."""
        self._key = None if seed is None else mx.random.key(seed)

    def set_update(self, a: Any, b: Any) -> None:
        """Take over A (shape [rank, in_features]) and B ([out_features, rank]), which has the scale in it."""
        self.a, self.b = a, b

    def __call__(self, x: Any) -> Any:
        read, shape = x, x.shape[:-1]
        if self._key is not None:
            keep = mx.random.bernoulli(1 - self.dropout, x.shape, key=self._key)
            read = mx.where(keep, x * (1 / (1 - self.dropout)), 0)
        # With rows apart, `addmm` would copy B for each of them and add up as many gradients.
        x, read = x.flatten(0, -2), read.flatten(0, -2)
        low = read @ self.a.astype(x.dtype).T
        return mx.addmm(self.linear(x), low, self.b.astype(x.dtype).T).reshape(*shape, -1)


def add_updates(module: Any, adapter: Adapter, dropout: float) -> dict[str, LoraLinear]:
    """Freeze the model and put updates on the layers that `adapter` has, by their names there."""
    module.freeze()
    found = dict(module.named_modules())
    layers = {name: LoraLinear(found[name], dropout) for name in adapter.layers}
    module.update_modules(tree_unflatten(list(layers.items())))
    return layers
