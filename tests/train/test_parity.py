"""One recipe on PyTorch and MLX: the same losses, and each resumes the other's checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orca_local.adapters.adapter import Adapter
from orca_local.domain.events import Event, StepTrained, ValidationMeasured
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import Header, read_header
from orca_local.train.batches import make_batch
from orca_local.train.checkpoint import load_result
from orca_local.train.loop import run_loop
from orca_local.train.recipe import Recipe, make_recipe
from tests.tiny import VARIANTS, write_variant
from tests.train.backends import arrays, make_backend, random_state, state_of
from tests.train.data import make_rows

pytest.importorskip("mlx_lm", reason="MLX has no build for this machine")

from orca_local.train.reference import mlx_logits as mlx_reference
from orca_local.train.reference import torch_logits as torch_reference

BACKENDS = ("torch", "mlx")
REFERENCES = (mlx_reference.reference_logits, torch_reference.reference_logits)
STEPS = 50
SETTINGS = TrainSettings(
    rank=4, alpha=8, learning_rate=5e-3, weight_decay=0.01, batch_size=2, max_steps=STEPS, checkpoint_every=10
)


class Case:
    """A model with rows, and the trainings of both backends."""

    def __init__(self, directory: Path, variant: str) -> None:
        gguf = write_variant(directory / "m.gguf", variant, seed=5)
        rows = make_rows(gguf, 14)
        self.header: Header = read_header(gguf)
        self.held, self.rows = rows[:3], rows[3:]
        self.recipe: Recipe = make_recipe(SETTINGS, len(self.rows))
        self.directory = directory
        self.events = {name: self.train(name, directory / name) for name in BACKENDS}

    def train(self, name: str, directory: Path, last: int = STEPS) -> list[Event]:
        """Train from the checkpoint in `directory` up to step `last`, and save."""
        seen: list[Event] = []
        loop = run_loop(make_backend(name, self.header, self.recipe), self.rows, self.held, self.recipe, directory)
        for event in loop:
            seen.append(event)
            if isinstance(event, StepTrained) and event.step == last < STEPS:
                break
        loop.close()
        return seen


@pytest.fixture(scope="module", params=["llama", "gemma3"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp(request.param), request.param)


def curve(events: Sequence[Event]) -> list[float]:
    return [e.loss for e in events if isinstance(e, StepTrained)]


@pytest.mark.slow
def test_the_losses_are_the_same_at_every_step(case: Case) -> None:
    torch, mlx = (curve(case.events[name]) for name in BACKENDS)
    assert len(torch) == len(mlx) == STEPS
    np.testing.assert_allclose(mlx, torch, rtol=1e-3)
    assert torch[-1] < 0.6 * torch[0], "it learns"
    measured = [[e.loss for e in case.events[name] if isinstance(e, ValidationMeasured)] for name in BACKENDS]
    assert len(measured[0]) > 4
    np.testing.assert_allclose(measured[0], measured[1], rtol=1e-3)


@pytest.mark.parametrize("maker", BACKENDS)
def test_each_loads_the_others_adapter(case: Case, maker: str) -> None:
    _, place = load_result(case.directory / maker)
    adapter = Adapter.load(place)
    batch = make_batch(case.held)
    losses = []
    for name in BACKENDS:
        backend = make_backend(name, case.header, case.recipe)
        backend.restore(state_of(adapter), 0)
        losses.append(backend.evaluate(batch).loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    best = min(e.loss for e in case.events[maker] if isinstance(e, ValidationMeasured))
    assert losses[0] == pytest.approx(best, rel=1e-5)
    where = [(row.token_ids, range(2, len(row.token_ids))) for row in case.held[:1]]
    actual, expected = (next(logits(case.header, place, where)) for logits in REFERENCES)
    np.testing.assert_allclose(actual, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.slow
def test_a_training_goes_on_from_one_to_the_other_and_back(case: Case, tmp_path: Path) -> None:
    """The optimizer's moments are also transferred: without them the curve would differ."""
    parts = [case.train(name, tmp_path, last) for name, last in (("torch", 10), ("mlx", 20), ("torch", 30))]
    assert [len(curve(part)) for part in parts] == [10, 10, 10]
    joined = [loss for part in parts for loss in curve(part)]
    np.testing.assert_allclose(joined, curve(case.events["torch"])[:30], rtol=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_step_takes_the_same_gradients(variant: str, tmp_path: Path) -> None:
    """For every kind of model. After the first step, the first moments are its gradients."""
    gguf = write_variant(tmp_path / "m.gguf", variant, seed=7)
    header, rows = read_header(gguf), make_rows(gguf, 3)
    recipe = replace(make_recipe(SETTINGS, 3), max_grad_norm=1e9)
    start, batch = random_state(header, recipe), make_batch(rows)
    states = []
    for name in BACKENDS:
        backend = make_backend(name, header, recipe)
        backend.restore(start, 0)
        backend.step(batch, 1e-3)
        states.append(backend.state())
    for layer, pair in states[0].first_moments.items():
        for expected, actual in zip(pair, states[1].first_moments[layer], strict=True):
            np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max(), err_msg=layer)
    assert all(np.isfinite(x).all() for state in states for x in arrays(state))
