"""Padded batches: the same step, in few shapes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import read_header
from orca_local.rows.training_row import TrainingRow
from orca_local.train.batches import epoch_batches, make_batch
from orca_local.train.memory import MemoryRequest, plan_memory
from orca_local.train.recipe import make_recipe
from tests.tiny import write_variant
from tests.train.backends import make_backend, random_state
from tests.train.data import make_rows

pytest.importorskip("mlx_lm", reason="MLX has no build for this machine")

import mlx.core as mx

from orca_local.train.mlx.backend import MlxBackend, MlxFramework
from orca_local.train.mlx.inputs import batch_arrays, needs_few_shapes, padded_arrays, padded_length


def test_there_are_few_padded_lengths_and_none_is_much_longer() -> None:
    actual = [padded_length(n) for n in range(1, 2049)]
    assert actual == sorted(actual) and len(set(actual)) == 32
    for n, length in enumerate(actual, start=1):
        assert length % 32 == 0 and n <= length < n + max(32, n / 8)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["llama", "gemma3", "phi3"])
@pytest.mark.parametrize("checkpointed", [False, True])
def test_a_padded_step_is_the_same_step(variant: str, checkpointed: bool, tmp_path: Path) -> None:
    header = read_header(write_variant(tmp_path / "m.gguf", variant))
    rows = make_rows(tmp_path / "m.gguf", 5)
    recipe = make_recipe(TrainSettings(rank=4, alpha=8, batch_size=5), 5)
    batch = make_batch(epoch_batches(rows, 5, 0, 0)[0])
    places = 3 * padded_length(int(batch.lengths.max()))
    plain, padded = (
        make_backend(
            "mlx", header, recipe, pack_tokens=places, gradient_checkpointing=checkpointed, few_shapes=few_shapes
        )
        for few_shapes in (False, True)
    )
    # Several whole chunks of the output head.
    padded._targets_multiple = padded._passes._chunk = plain._passes._chunk = 7  # type: ignore[attr-defined]
    for backend in (plain, padded):
        backend.restore(random_state(header, recipe), 0)
    assert padded.evaluate(batch).loss == pytest.approx(plain.evaluate(batch).loss, rel=1e-6)
    for _ in range(2):
        actual, expected = padded.step(batch, 1e-3), plain.step(batch, 1e-3)
        assert actual.targets == expected.targets == len(batch.target)
        assert (actual.loss, actual.grad_norm) == pytest.approx((expected.loss, expected.grad_norm), rel=1e-5)
    first, second = (backend.state().first_moments for backend in (padded, plain))
    for name, halves in first.items():
        for mine, theirs in zip(halves, second[name], strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-6)
    assert all(b.any() for _, b in first.values())


def test_batches_of_an_epoch_share_shapes() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(80, 300, 400).tolist()
    rows = [TrainingRow(str(i), (1,) * n, n // 2) for i, n in enumerate(lengths)]
    batches = [make_batch(batch) for batch in epoch_batches(rows, 8, 0, 0)]
    shapes = {tuple(part.shape for part in batch_arrays(batch)) for batch in batches}
    few = {tuple(part.shape for part in padded_arrays(batch, 341)) for batch in batches}
    assert len(shapes) > 45 and len(few) <= 8
    alone = [make_batch([TrainingRow("s", (1,) * n, n // 2)]) for n in range(33, 65)]
    assert {tuple(part.shape for part in padded_arrays(batch, 341)) for batch in alone} == {((1, 64), *[(64,)] * 3)}


def test_a_short_row_gets_no_more_targets_than_it_has_places() -> None:
    ids, _, _, target = padded_arrays(make_batch([TrainingRow("s", (1,) * 40, 30)]), 341)
    assert ids.shape == (1, 64) and target.shape == (64,)
    assert (target >= 0).sum().item() == 10


def test_a_batch_of_longest_rows_is_planned_whole(tiny_gguf: Path) -> None:
    machine = replace(MlxFramework(read_header(tiny_gguf), TrainSettings()).machine, padded_length=padded_length)
    recipe = make_recipe(TrainSettings(rank=4, alpha=8, batch_size=3), 9)
    plan = plan_memory(read_header(tiny_gguf), recipe, MemoryRequest(300, 0, "auto"), machine)
    batch = make_batch([TrainingRow("s", (1,) * 300, 30)] * 3)
    assert plan.pack_tokens == 3 * 320 and len(batch.split_padded(plan.pack_tokens, padded_length)) == 1


@pytest.mark.slow
def test_what_a_step_freed_is_kept_within_bounds(tiny_gguf: Path) -> None:
    """With few shapes, the next step reuses it. On a shared GPU, other programs keep what the plan leaves them."""
    header, batch = read_header(tiny_gguf), make_batch(make_rows(tiny_gguf, 3))
    recipe = make_recipe(TrainSettings(rank=4, alpha=8), 3)
    backend = MlxBackend(header, recipe, "float32", few_shapes=True, max_cache_bytes=float("inf"))
    for _ in range(4):
        backend.step(batch, 1e-3)
        assert 0 < mx.get_cache_memory() <= mx.get_peak_memory()
    backend = MlxBackend(header, recipe, "float32", few_shapes=True, max_cache_bytes=0.0)
    backend.step(batch, 1e-3)
    assert mx.get_cache_memory() == 0


def test_the_processor_computes_batches_as_they_are(tiny_gguf: Path) -> None:
    header, batch = read_header(tiny_gguf), make_batch(make_rows(tiny_gguf, 3))
    before = mx.default_device()
    mx.set_default_device(mx.cpu)
    try:
        assert not needs_few_shapes()
        backend = MlxBackend(header, make_recipe(TrainSettings(rank=4, alpha=8), 3), "float32")
        (part,) = backend._split(batch)
        assert [x.shape for x in part] == [batch.token_ids.shape, *[batch.target.shape] * 3]
    finally:
        mx.set_default_device(before)
