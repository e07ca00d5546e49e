"""A training of a few steps in PyTorch, and its curve."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from orca_local.domain.events import Event, StepTrained
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import read_header
from orca_local.rows.training_row import TrainingRow
from orca_local.train.backend import TrainBackend
from orca_local.train.batches import split_validation
from orca_local.train.loop import GenerateSamples, run_loop
from orca_local.train.recipe import Recipe, make_recipe
from orca_local.train.torch.backend import TorchBackend

SETTINGS = TrainSettings(
    rank=4, alpha=8, learning_rate=5e-3, batch_size=4, epochs=3, validate_every=5, checkpoint_every=3
)

STOPPED = TrainSettings(
    rank=2,
    alpha=4,
    learning_rate=5e-3,
    dropout=0.1,
    batch_size=4,
    max_steps=30,
    validation_share=0.3,
    validate_every=3,
    checkpoint_every=2,
)
"""For trainings that are stopped at any step: with dropout, and validations between checkpoints."""


def recipe_for(rows: Sequence[TrainingRow], settings: TrainSettings = SETTINGS) -> Recipe:
    return make_recipe(settings, len(split_validation(rows, settings.validation_share)[0]))


def run(
    gguf: Path,
    rows: Sequence[TrainingRow],
    directory: Path,
    recipe: Recipe | None = None,
    backend: TrainBackend | None = None,
    generate_samples: GenerateSamples | None = None,
) -> Generator[Event, None, None]:
    recipe = recipe or recipe_for(rows)
    train, held = split_validation(rows, recipe.validation_share)
    backend = backend or TorchBackend(read_header(gguf), recipe, "float32")
    return run_loop(backend, train, held, recipe, directory, generate_samples=generate_samples)


def curve(events: Sequence[Event]) -> list[tuple[int, float, float]]:
    return [(e.step, e.loss, e.grad_norm) for e in events if isinstance(e, StepTrained)]
