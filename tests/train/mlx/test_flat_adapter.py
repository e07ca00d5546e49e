"""An adapter as one vector."""

from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import read_header
from orca_local.train.batches import make_batch
from orca_local.train.recipe import make_recipe
from tests.train.data import make_rows

pytest.importorskip("mlx_lm", reason="MLX has no build for this machine")

import mlx.core as mx

from orca_local.train.mlx.backend import MlxBackend
from orca_local.train.mlx.flat_adapter import FlatAdapter, vector_norm

RNG = np.random.default_rng(0)
SHAPES = {"q": ((2, 6), (8, 2)), "v": ((2, 6), (4, 2)), "down": ((2, 5), (6, 2))}
LAYERS = {
    name: (RNG.standard_normal(a).astype(np.float32), RNG.standard_normal(b).astype(np.float32))
    for name, (a, b) in SHAPES.items()
}


def test_what_was_joined_is_split() -> None:
    flat = FlatAdapter(LAYERS, 0.5)
    vector = flat.join(dict(reversed(LAYERS.items())))
    assert vector.shape == (sum(a.size + b.size for a, b in LAYERS.values()),) and vector.dtype == mx.float32
    actual = flat.split(vector)
    assert list(actual) == list(LAYERS)
    for name, pair in LAYERS.items():
        for mine, theirs in zip(pair, actual[name], strict=True):
            np.testing.assert_array_equal(mine, theirs)
            assert theirs.flags.owndata


def test_layers_read_a_and_b_with_the_scale_in_it() -> None:
    flat = FlatAdapter(LAYERS, 0.5)
    for name, (a, b) in flat.layers(flat.join(LAYERS), mx.float32).items():
        np.testing.assert_array_equal(np.array(a), LAYERS[name][0])
        np.testing.assert_array_equal(np.array(b), 0.5 * LAYERS[name][1])
    assert {x.dtype for pair in flat.layers(flat.join(LAYERS), mx.bfloat16).values() for x in pair} == {mx.bfloat16}


def test_the_gradient_is_that_of_the_scaled_update() -> None:
    flat = FlatAdapter(LAYERS, 0.5)
    vector, xs = flat.join(LAYERS), {name: mx.array(RNG.standard_normal(a[1])) for name, (a, _) in SHAPES.items()}

    def through_layers(layers: Any) -> Any:
        return sum(((b @ (a @ xs[name])) ** 2).sum() for name, (a, b) in layers.items())

    actual = flat.gradient(mx.grad(through_layers)(flat.layers(vector, mx.float32)))
    whole = mx.grad(lambda v: through_layers(flat.layers(v, mx.float32)))(vector)
    np.testing.assert_allclose(np.array(actual), np.array(whole), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("count", [1, 4095, 4096, 3_000_001])
def test_the_norm_of_millions_keeps_its_digits(count: int) -> None:
    values = RNG.standard_normal(count).astype(np.float32)
    assert float(vector_norm(mx.array(values))) == pytest.approx(np.linalg.norm(values.astype(np.float64)), rel=1e-6)


def test_a_step_of_the_optimizer_does_not_grow_with_the_layers(tiny_gguf: Path) -> None:
    """On a GPU each operation is a kernel, and launching one takes longer than computing a small matrix."""
    header = read_header(tiny_gguf)
    counts = []
    for layers in (("v_proj",), ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")):
        recipe = make_recipe(TrainSettings(rank=4, alpha=8, target_layers=layers), 3)
        backend = MlxBackend(header, recipe, "float32")
        gradient = backend._summed_gradient(make_batch(make_rows(tiny_gguf, 2)))[1]
        changed = backend._optimizer.apply_gradients({"adapter": gradient * 0.5}, {"adapter": backend._vector})
        text = io.StringIO()
        mx.export_to_dot(text, changed["adapter"], *backend._optimizer.state["adapter"].values(), vector_norm(gradient))
        counts.append(sum(Counter(re.findall(r'label ?= ?"([A-Za-z]+)"', text.getvalue())).values()))
    assert abs(counts[1] - counts[0]) <= 1 and max(counts) < 80
