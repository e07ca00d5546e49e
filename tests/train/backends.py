"""Both backends with one interface, and states to put them into."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from orca_local.adapters.adapter import Adapter
from orca_local.gguf.header import Header
from orca_local.train.backend import TrainBackend
from orca_local.train.recipe import Recipe
from orca_local.train.state import TrainState, initial_adapter

NEEDS_MLX = pytest.mark.skipif(find_spec("mlx_lm") is None, reason="MLX has no build for this machine")
BACKENDS = ["torch", pytest.param("mlx", marks=NEEDS_MLX)]


def make_backend(name: str, header: Header, recipe: Recipe, **options: Any) -> TrainBackend:
    """A backend in float32 at the start of the recipe."""
    if name == "mlx":
        from orca_local.train.mlx.backend import MlxBackend

        return MlxBackend(header, recipe, "float32", **options)
    from orca_local.train.torch.backend import TorchBackend

    return TorchBackend(header, recipe, "float32", **options)


def random_state(header: Header, recipe: Recipe, seed: int = 1) -> TrainState:
    """An adapter with a nonzero B, and zero moments."""
    rng = np.random.default_rng(seed)
    start = initial_adapter(header, recipe)
    layers = {n: (a, (0.1 * rng.standard_normal(b.shape)).astype(np.float32)) for n, (a, b) in start.layers.items()}
    return state_of(replace(start, layers=layers))


def state_of(adapter: Adapter) -> TrainState:
    """An adapter as a state with zero moments."""
    zeros = {name: (np.zeros_like(a), np.zeros_like(b)) for name, (a, b) in adapter.layers.items()}
    return TrainState(adapter, zeros, zeros)


def arrays(state: TrainState) -> list[np.ndarray]:
    """All arrays of a state, sorted by name."""
    parts = (state.adapter.layers, state.first_moments, state.second_moments)
    return [half for part in parts for name in sorted(part) for half in part[name]]


def same(ours: TrainState, theirs: TrainState) -> bool:
    """Whether two states are bitwise equal."""
    pairs = zip(arrays(ours), arrays(theirs), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)
