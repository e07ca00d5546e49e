"""The train stage: rows in, an adapter out; an interrupted training goes on where it stopped."""

from __future__ import annotations

import platform
import shutil
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from orca_local.adapters.adapter import adapter_sha256
from orca_local.domain.errors import InputError, MissingError
from orca_local.domain.events import (
    Event,
    MemoryPlanned,
    StageFinished,
    StageStarted,
    StepTrained,
    ValidationMeasured,
    Warned,
)
from orca_local.domain.keys import content_key
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import Header
from orca_local.rows.rows import TrainingRow
from orca_local.store.store import Store
from orca_local.store.trainings import AdapterRow
from orca_local.train.batches import split_validation
from orca_local.train.loop import BEST, TrainBackend, run_loop
from orca_local.train.memory import Machine, MemoryPlan, Wish, plan_memory
from orca_local.train.recipe import Recipe, make_recipe

LAYOUT = 2
"""Raise it when the same recipe would compute something else, so that old trainings are not taken for new ones."""


class Trainer(Protocol):
    """A framework on this machine that can train."""

    machine: Machine

    def backend(self, recipe: Recipe, plan: MemoryPlan) -> TrainBackend:
        """A backend at the start of the recipe, computing as planned."""


def choose_trainer(header: Header, settings: TrainSettings) -> Trainer:
    """The framework that the settings name. Raises `MissingError` where it is not installed."""
    name = settings.backend if settings.backend != "auto" else fitting_framework(sys.platform, platform.machine())
    try:
        if name == "mlx":
            from orca_local.train.mlx_backend import MlxTrainer

            return MlxTrainer(header, settings)
        from orca_local.train.torch_backend import TorchTrainer

        return TorchTrainer(header, settings)
    except ImportError as error:
        package = {"mlx": "MLX", "torch": "PyTorch"}[name]
        raise MissingError(f"{package} cannot be loaded: {error}", hint=f'pip install "orca-local[{name}]"') from error


def fitting_framework(system: str, machine: str) -> str:
    """MLX on Apple Silicon, where it is installed; PyTorch elsewhere: MLX's CPU build is far slower."""
    on_apple = (system, machine) == ("darwin", "arm64")
    return "mlx" if on_apple and find_spec("mlx_lm") is not None else "torch"


def train(
    store: Store,
    header: Header,
    weights_sha256: str,
    rows: Sequence[TrainingRow],
    settings: TrainSettings,
    directory: Path,
    *,
    run_id: int,
    trainer_for: Callable[[Header, TrainSettings], Trainer] = choose_trainer,
) -> Iterator[Event]:
    """Train an adapter on `rows` under `directory`, in a place named by what goes into it.

    The same rows, weights and recipe therefore find their checkpoints, or find themselves done. Raises
    `InputError` where there is nothing to train on.
    """
    if not rows:
        raise InputError("there are no training rows", hint="see why with `orca-local dataset build`")
    train_rows, validation_rows = split_validation(rows, settings.validation_share)
    recipe = make_recipe(settings, len(train_rows))
    key = training_key(rows, weights_sha256, recipe, settings.compute)
    place = directory / key[:16]
    yield StageStarted("train", recipe.total_steps, "steps")
    done = store.trainings.find(key)
    if done is not None and done.status == "done" and (place / "adapter").is_dir():
        _record_adapter(store, done.training_id, place / "adapter", weights_sha256, done.summary)
        yield StageFinished("train", {**done.summary, "run_id": run_id, "adapter": str(place / "adapter")})
        return
    trainer = trainer_for(header, settings)
    yield from map(Warned, trainer.machine.notes)
    longest = max(len(row.token_ids) for row in rows)
    wish = Wish(longest, settings.pack_tokens, settings.gradient_checkpointing)
    plan = plan_memory(header, recipe, wish, trainer.machine)
    yield MemoryPlanned(plan.describe(), plan.total, plan.free, plan.pack_tokens, plan.gradient_checkpointing)
    if not validation_rows and settings.validation_share:
        yield Warned(f"{len(rows)} rows are too few to hold some out for validation; the last step is kept")
    training_id = store.trainings.start(
        key,
        run_id,
        weights_sha256=weights_sha256,
        recipe=recipe.to_dict(),
        rows=len(rows),
        directory=str(place),
    )
    started = time.monotonic()
    place.mkdir(parents=True, exist_ok=True)
    backend = trainer.backend(recipe, plan)
    loop = run_loop(backend, train_rows, validation_rows, recipe, place)
    rate = yield from _recorded(store, training_id, loop)
    summary = _finish(store, training_id, place, recipe)
    summary |= {"tokens_per_second": rate, "seconds": round(time.monotonic() - started, 3)}
    summary["memory"] = {"planned": plan.total, "peak": backend.peak_bytes()}
    store.trainings.finish(training_id, "done", summary)
    _record_adapter(store, training_id, place / "adapter", weights_sha256, summary)
    yield StageFinished("train", {"run_id": run_id, "adapter": str(place / "adapter"), **summary})


def _recorded(store: Store, training_id: int, loop: Iterator[Event]) -> Generator[Event, None, float]:
    """Pass the loop's events on with their curves in the store; returns tokens of rows per second of its steps."""
    tokens, working = 0, 0.0
    for event in loop:
        if isinstance(event, StepTrained):
            tokens, working = tokens + event.tokens, working + event.seconds
            store.trainings.add_metric(training_id, event.step, "loss", event.loss)
        elif isinstance(event, ValidationMeasured):
            store.trainings.add_metric(training_id, event.step, "validation_loss", event.loss)
        yield event
    return tokens / working if working else 0.0


def training_key(rows: Sequence[TrainingRow], weights_sha256: str, recipe: Recipe, compute: str) -> str:
    """Hash of all that decides the result."""
    return content_key([LAYOUT, sorted(row.content_hash for row in rows), weights_sha256, recipe.to_dict(), compute])


def _finish(store: Store, training_id: int, place: Path, recipe: Recipe) -> dict[str, Any]:
    """Put the best adapter (the last one where nothing was held out) in its final place, and sum up."""
    best = place / BEST
    source = best if best.is_dir() else place / f"step-{recipe.total_steps:06d}"
    part, final = place / "adapter.part", place / "adapter"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        shutil.copy2(source / name, part / name)
    shutil.rmtree(final, ignore_errors=True)
    part.rename(final)
    losses = [value for _, value in store.trainings.metrics(training_id, "loss") if value is not None]
    curve = [
        (value, step) for step, value in store.trainings.metrics(training_id, "validation_loss") if value is not None
    ]
    # The mean over the last tenth: one batch is too noisy to quote.
    tail = losses[-max(1, len(losses) // 10) :]
    return {
        "steps": recipe.total_steps,
        "train_loss": sum(tail) / len(tail),
        "validation_loss": min(curve)[0] if curve else None,
        "best_step": min(curve)[1] if curve else recipe.total_steps,
    }


def _record_adapter(store: Store, training_id: int, path: Path, weights_sha256: str, summary: dict[str, Any]) -> None:
    store.adapters.add(
        AdapterRow(
            training_id=training_id,
            path=str(path),
            sha256=adapter_sha256(path),
            weights_sha256=weights_sha256,
            step=int(summary["best_step"]),
            validation_loss=summary["validation_loss"],
        )
    )
