"""All matrices of an adapter as one vector.

Clipping and updating four hundred small matrices takes 18,000 of a step's 33,000 operations; for one vector it takes
fifty. The layers read views of the vector, which cost nothing.
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
"""Number of squares per partial sum: a single float32 sum of millions loses precision."""


class FlatAdapter:
    """The position of each A and B in the vector: first every A, in the order of the layers, then every B."""

    def __init__(self, layers: Mapping[str, Pair], scale: float) -> None:
        """`scale` is the factor of B·A."""
        self._names, self._scale = list(layers), scale
        self._shapes = [layers[name][matrix].shape for matrix in (0, 1) for name in self._names]
        ends = np.cumsum([math.prod(shape) for shape in self._shapes]).tolist()
        self._slices = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        self._first_b = self._slices[len(self._names)].start

    def join(self, layers: Mapping[str, Sequence[Any]]) -> mx.array:
        """The vector (shape [values], float32) of numpy matrices A and B, or of moments of their shapes."""
        return mx.array(np.concatenate([matrix.ravel() for matrix in self._in_order(layers)]).astype(np.float32))

    def split(self, vector: mx.array) -> dict[str, Pair]:
        """The inverse of `join`: layer name → numpy copies of A ([rank, in_features]) and B ([out_features, rank])."""
        return {name: (a.copy(), b.copy()) for name, (a, b) in self._views(np.array(vector)).items()}

    def layers(self, vector: mx.array, dtype: mx.Dtype) -> Parameters:
        """Views of a vector (shape [values]) in `dtype`: each A, and each B multiplied by the scale."""
        return self._views(self._scaled(vector).astype(dtype))

    def gradient(self, gradients: Parameters) -> mx.array:
        """The gradient in the vector (shape [values], float32) from the gradients in the result of `layers`."""
        matrices = [matrix.flatten() for matrix in self._in_order(gradients)]
        return self._scaled(mx.concatenate(matrices).astype(mx.float32))

    def _in_order(self, layers: Mapping[str, Sequence[Any]]) -> list[Any]:
        return [layers[name][matrix] for matrix in (0, 1) for name in self._names]

    def _scaled(self, vector: mx.array) -> mx.array:
        return mx.concatenate([vector[: self._first_b], vector[self._first_b :] * self._scale])

    def _views(self, vector: Any) -> Parameters:
        parts = [vector[place].reshape(shape) for place, shape in zip(self._slices, self._shapes, strict=True)]
        pairs = zip(parts[: len(self._names)], parts[len(self._names) :], strict=True)
        return {name: list(pair) for name, pair in zip(self._names, pairs, strict=True)}


def vector_norm(vector: mx.array) -> mx.array:
    """The L2 norm (shape [], float32) of a vector of shape [values], float32."""
    whole = len(vector) // _ROW * _ROW
    squares = vector.square()
    return mx.sqrt(squares[:whole].reshape(-1, _ROW).sum(axis=1).sum() + squares[whole:].sum())
