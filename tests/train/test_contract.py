"""What every backend must do: the same tests on PyTorch and MLX."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import OrcaError
from orca_local.domain.events import StepTrained, ValidationMeasured
from orca_local.domain.settings import TrainSettings
from orca_local.domain.types import Message
from orca_local.gguf.header import Header, read_header
from orca_local.rows.renderer import PromptRenderer
from orca_local.rows.training_row import RefusedRow, TrainingRow, make_row
from orca_local.train.batches import make_batch
from orca_local.train.checkpoint import load_result
from orca_local.train.loop import run_loop
from orca_local.train.recipe import Recipe, make_recipe
from orca_local.train.reference.torch_logits import reference_logits
from tests.tiny import write_variant
from tests.train.backends import BACKENDS, arrays, make_backend, random_state, same, state_of
from tests.train.data import make_rows
from tests.train.scene import curve

SETTINGS = TrainSettings(
    rank=4, alpha=8, learning_rate=5e-3, batch_size=3, max_steps=8, validate_every=4, checkpoint_every=3
)
pytestmark = pytest.mark.parametrize("name", BACKENDS)


@pytest.fixture(scope="module")
def header(tiny_gguf: Path) -> Header:
    return read_header(tiny_gguf)


@pytest.fixture(scope="module")
def rows(tiny_gguf: Path) -> list[TrainingRow]:
    return make_rows(tiny_gguf, 11)


@pytest.fixture(scope="module")
def recipe(rows: list[TrainingRow]) -> Recipe:
    return make_recipe(SETTINGS, len(rows))


def test_steps_lower_the_loss_and_a_norm_over_the_limit_is_clipped(
    name: str, header: Header, rows: list[TrainingRow], recipe: Recipe
) -> None:
    batch = make_batch(rows[:3])
    backend = make_backend(name, header, recipe)
    losses = [backend.step(batch, 5e-3).loss for _ in range(3)]
    assert losses[2] < losses[1] < losses[0]
    assert backend.evaluate(batch).loss < losses[2]
    # AdamW's first step does not depend on the size of the gradient; its moments do.
    clipped = make_backend(name, header, replace(recipe, max_grad_norm=1e-3))
    norm = clipped.step(batch, 5e-3).grad_norm
    assert norm > 0.1
    total = math.sqrt(sum(float(np.square(m).sum()) for pair in clipped.state().first_moments.values() for m in pair))
    assert total == pytest.approx(0.1 * 1e-3, rel=1e-2)


def test_weight_decay_is_decoupled(name: str, header: Header, rows: list[TrainingRow], recipe: Recipe) -> None:
    batch = make_batch(rows[:2])
    plain, decayed = (make_backend(name, header, replace(recipe, weight_decay=decay)) for decay in (0.0, 0.5))
    before = plain.state().adapter.layers
    for backend in (plain, decayed):
        backend.step(batch, 1e-2)
    for layer, (a, _) in before.items():
        expected = plain.state().adapter.layers[layer][0] - 0.5 * 1e-2 * a
        np.testing.assert_allclose(decayed.state().adapter.layers[layer][0], expected, rtol=1e-4, atol=1e-6)


def test_a_step_that_is_not_finite_changes_nothing(
    name: str, header: Header, rows: list[TrainingRow], recipe: Recipe
) -> None:
    """Trap 6."""
    batch = make_batch(rows[:3])
    backend = make_backend(name, header, recipe)
    backend.step(batch, 5e-3)
    good = backend.state()
    first, *_ = good.adapter.layers
    layers = {n: (a.copy(), b.copy()) for n, (a, b) in good.adapter.layers.items()}
    layers[first][0][0, 0] = math.nan
    broken = replace(good, adapter=replace(good.adapter, layers=layers))
    backend.restore(broken, 1)
    result = backend.step(batch, 5e-3)
    assert not (math.isfinite(result.loss) and math.isfinite(result.grad_norm))
    assert same(backend.state(), broken)
    backend.restore(good, 1)
    untouched = make_backend(name, header, recipe)
    untouched.restore(good, 1)
    assert backend.step(batch, 5e-3) == untouched.step(batch, 5e-3)
    assert same(backend.state(), untouched.state())


def test_a_state_is_a_copy(name: str, header: Header, rows: list[TrainingRow], recipe: Recipe) -> None:
    backend = make_backend(name, header, recipe)
    backend.step(make_batch(rows[:2]), 5e-3)
    state = backend.state()
    kept = [x.copy() for x in arrays(state)]
    backend.step(make_batch(rows[2:4]), 5e-3)
    assert all(np.array_equal(a, b) for a, b in zip(kept, arrays(state), strict=True))
    assert not same(backend.state(), state)


@pytest.mark.slow
@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_a_stopped_training_goes_on_exactly(
    name: str, header: Header, rows: list[TrainingRow], recipe: Recipe, dropout: float, tmp_path: Path
) -> None:
    """Trap 1: a resume that restores the weights alone gives another curve."""
    recipe = replace(recipe, dropout=dropout)
    whole = list(run_loop(make_backend(name, header, recipe), rows[3:], rows[:3], recipe, tmp_path / "whole"))
    stopped = []
    loop = run_loop(make_backend(name, header, recipe), rows[3:], rows[:3], recipe, tmp_path / "stopped")
    for event in loop:
        stopped.append(event)
        if isinstance(event, StepTrained) and event.step == 5:
            break
    loop.close()
    rest = list(run_loop(make_backend(name, header, recipe), rows[3:], rows[:3], recipe, tmp_path / "stopped"))
    assert len(curve(stopped)) == 5 and curve(stopped) + curve(rest) == curve(whole)
    measured = [[e for e in events if isinstance(e, ValidationMeasured)][-1] for events in (whole, rest)]
    assert measured[0] == measured[1]
    best = [Adapter.load(load_result(tmp_path / run)[1]) for run in ("whole", "stopped")]
    assert same(*map(state_of, best))


def test_dropout_depends_on_the_place_in_the_training_alone(
    name: str, header: Header, rows: list[TrainingRow], recipe: Recipe
) -> None:
    recipe, batch = replace(recipe, dropout=0.3), make_batch(rows[:3])
    start = random_state(header, recipe)

    def losses(recipe: Recipe, **options: int) -> list[float]:
        backend = make_backend(name, header, recipe, **options)
        backend.restore(start, 0)
        actual = [backend.step(batch, 0.0).loss for _ in range(2)]
        return [*actual, backend.evaluate(batch).loss]

    first = losses(recipe)
    assert losses(recipe) == first
    assert first[0] != first[1] and abs(first[0] - first[2]) > 1e-3
    assert losses(replace(recipe, seed=1))[0] != first[0]
    assert losses(replace(recipe, dropout=0.0)) == pytest.approx([first[2]] * 3, rel=1e-5)


@pytest.mark.parametrize(("variant", "targets"), [("llama", ("q_proj", "down_proj")), ("phi3", ("qkv_proj",))])
def test_the_layers_that_are_named_are_trained_alone(
    name: str, variant: str, targets: tuple[str, ...], recipe: Recipe, tmp_path: Path
) -> None:
    gguf = write_variant(tmp_path / "m.gguf", variant)
    batch = make_batch(make_rows(gguf, 2))
    backend = make_backend(name, read_header(gguf), replace(recipe, target_layers=targets))
    losses = [backend.step(batch, 5e-3).loss for _ in range(2)]
    assert losses[1] < losses[0]
    trained = backend.adapter().layers
    assert {layer.rpartition(".")[2] for layer in trained} == set(targets)
    assert len(trained) == 2 * len(targets) and all(b.any() for _, b in trained.values())


@pytest.mark.parametrize("rank_stabilized", [False, True])
def test_the_loss_is_the_mean_over_answer_tokens(
    name: str, header: Header, rows: list[TrainingRow], recipe: Recipe, rank_stabilized: bool, tmp_path: Path
) -> None:
    """Trap 1: no token of padding is counted, and none of the prompt."""
    recipe = replace(recipe, rank_stabilized=rank_stabilized)
    state = random_state(header, recipe)
    state.adapter.save(tmp_path)
    expected = []
    positions = [(row.token_ids, range(row.loss_start - 1, len(row.token_ids) - 1)) for row in rows[:4]]
    for row, logits in zip(rows, reference_logits(header, tmp_path, positions), strict=False):
        scores = logits.astype(np.float64)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        expected += [-logs[i, token] for i, token in enumerate(row.token_ids[row.loss_start :])]
    batch = make_batch(rows[:4])
    assert len(set(batch.lengths.tolist())) > 1
    backend = make_backend(name, header, recipe)
    backend.restore(state, 0)
    actual = backend.evaluate(batch)
    assert actual.loss == pytest.approx(float(np.mean(expected)), rel=1e-5)
    assert actual.targets == len(expected) == sum(row.loss_tokens for row in rows[:4])
    assert backend.step(batch, 0.0).loss == pytest.approx(actual.loss, rel=1e-6)
    padded = batch.token_ids.copy()
    padded[np.arange(padded.shape[1]) >= batch.lengths[:, None]] = 77
    assert backend.evaluate(replace(batch, token_ids=padded)).loss == pytest.approx(actual.loss, rel=1e-6)


def test_a_batch_in_parts_is_the_same_step(name: str, header: Header, rows: list[TrainingRow], recipe: Recipe) -> None:
    batch = make_batch(rows[:6])
    whole, parted = (make_backend(name, header, recipe, pack_tokens=tokens) for tokens in (10**6, 60))
    assert len(batch.split_by_tokens(60)) > 2
    for _ in range(2):
        actual, expected = parted.step(batch, 5e-3), whole.step(batch, 5e-3)
        assert actual.loss == pytest.approx(expected.loss, rel=1e-5)
        assert actual.grad_norm == pytest.approx(expected.grad_norm, rel=1e-3)
    assert parted.evaluate(batch).loss == pytest.approx(whole.evaluate(batch).loss, rel=1e-5)


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_activations_that_are_computed_twice_give_the_same_steps(
    name: str, header: Header, rows: list[TrainingRow], recipe: Recipe, dropout: float
) -> None:
    recipe, batch = replace(recipe, dropout=dropout), make_batch(rows[:3])
    kept, twice = (make_backend(name, header, recipe, gradient_checkpointing=on) for on in (False, True))
    for _ in range(2):
        actual, expected = twice.step(batch, 5e-3), kept.step(batch, 5e-3)
        assert (actual.loss, actual.grad_norm) == pytest.approx((expected.loss, expected.grad_norm), rel=1e-5)
    for ours, theirs in zip(arrays(twice.state()), arrays(kept.state()), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_every_row_of_an_epoch_is_trained_on(
    name: str, header: Header, rows: list[TrainingRow], recipe: Recipe, tmp_path: Path
) -> None:
    """Trap 1: the last batch is not whole, and not dropped."""
    recipe = replace(recipe, total_steps=4)
    assert len(rows) % recipe.batch_size
    events = run_loop(make_backend(name, header, recipe), rows, [], recipe, tmp_path)
    assert sum(e.tokens for e in events if isinstance(e, StepTrained)) == sum(len(row.token_ids) for row in rows)


def test_a_prompt_that_leaves_no_room_is_refused_and_one_target_is_enough(
    name: str, header: Header, recipe: Recipe
) -> None:
    """Trap 1: a row cut to its prompt has no target, and a loss that is not a number."""
    renderer = PromptRenderer(header.path)
    messages = [Message("user", "Tell me more. " * 40), Message("assistant", "No.")]
    whole = make_row(renderer, "s", messages, 512)
    cut = make_row(renderer, "s", messages, 100)
    renderer.close()
    assert isinstance(cut, RefusedRow) and cut.reason == "too_long"
    assert isinstance(whole, TrainingRow) and len(whole.token_ids) > 100
    last = replace(whole, loss_start=len(whole.token_ids) - 1)
    result = make_backend(name, header, recipe).step(make_batch([last]), 1e-3)
    assert result.targets == 1 and math.isfinite(result.loss) and math.isfinite(result.grad_norm)


def test_a_loss_that_is_not_finite_stops_the_training_and_keeps_the_checkpoint(
    name: str, header: Header, rows: list[TrainingRow], recipe: Recipe, tmp_path: Path
) -> None:
    """Trap 6: an adapter full of NaN must not be saved as a success. This rate is far too high for any model."""
    recipe = replace(recipe, learning_rate=1e30, warmup_steps=0, checkpoint_every=1, max_grad_norm=1e9)
    with pytest.raises(OrcaError, match="not finite at step") as raised:
        list(run_loop(make_backend(name, header, recipe), rows, [], recipe, tmp_path))
    assert "learning_rate" in raised.value.hint
    saved = sorted(tmp_path.glob("step-*"))
    assert saved and all(
        np.isfinite(x).all() for path in saved for pair in Adapter.load(path).layers.values() for x in pair
    )
