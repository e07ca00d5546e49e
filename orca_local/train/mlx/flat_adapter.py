"""All matrices of an adapter as one vector.

To clip and to step four hundred small matrices is 18,000 operations of a step's 33,000; for one vector it is fifty.
What the layers read are views of it, for which nothing is computed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import mlx.core as mx
import numpy as np

from orca_local.adapters.adapter import Pair
from orca_local.train.mlx.passes import Parameters

_ROW = 4096
"""Squares that are added up before they are added to others: a float32 sum of millions loses digits."""


class FlatAdapter:
    """Where each A and B lies in the vector: first every A, in the order of the layers, then every B."""

    def __init__(self, layers: Mapping[str, Pair], scale: float) -> None:
        """`scale` is what B·A is multiplied by."""
        self._names, self._scale = list(layers), scale
        self._shapes = [layers[name][half].shape for half in (0, 1) for name in self._names]
        ends = np.cumsum([math.prod(shape) for shape in self._shapes]).tolist()
        self._places = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        self._middle = self._places[len(self._names)].start
        """Where the first B begins."""

    def join(self, layers: Mapping[str, Sequence[Any]]) -> Any:
        """The vector of some A and B in numpy, or of what has their shapes."""
        return mx.array(np.concatenate([half.ravel() for half in self._in_order(layers)]).astype(np.float32))

    def split(self, vector: Any) -> dict[str, Pair]:
        """The inverse of `join`."""
        return {name: (a.copy(), b.copy()) for name, (a, b) in self._views(np.array(vector)).items()}

    def layers(self, vector: Any, dtype: Any) -> Parameters:
        """What the layers compute with: each A, and each B with the scale in it."""
        return self._views(self._scaled(vector).astype(dtype))

    def gradient(self, found: Parameters) -> Any:
        """The gradient in the vector, in float32, from those in what `layers` returned."""
        return self._scaled(mx.concatenate([half.flatten() for half in self._in_order(found)]).astype(mx.float32))

    def _in_order(self, layers: Mapping[str, Sequence[Any]]) -> list[Any]:
        return [layers[name][half] for half in (0, 1) for name in self._names]

    def _scaled(self, vector: Any) -> Any:
        return mx.concatenate([vector[: self._middle], vector[self._middle :] * self._scale])

    def _views(self, vector: Any) -> Parameters:
        parts = [vector[place].reshape(shape) for place, shape in zip(self._places, self._shapes, strict=True)]
        halves = zip(parts[: len(self._names)], parts[len(self._names) :], strict=True)
        return {name: list(pair) for name, pair in zip(self._names, halves, strict=True)}


def norm(vector: Any) -> Any:
    """Its length."""
    whole = len(vector) // _ROW * _ROW
    squares = vector.square()
    return mx.sqrt(squares[:whole].reshape(-1, _ROW).sum(axis=1).sum() + squares[whole:].sum())
