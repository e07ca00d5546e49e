"""The training loop that every backend shares: batches, schedule, validation, checkpoints, stopping."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import OrcaError, explain_os_error
from orca_local.domain.events import CheckpointSaved, Event, StepTrained, ValidationMeasured
from orca_local.rows.rows import TrainingRow
from orca_local.train.batches import Batch, epoch_batches, length_batches, make_batch
from orca_local.train.recipe import Recipe
from orca_local.train.state import TrainState

STATE_FILE = "state.json"
BEST = "best"


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a backend computed on one batch."""

    loss: float
    """Mean over the batch's targets, in nats."""
    targets: int
    grad_norm: float = 0.0
    """Before clipping."""


class TrainBackend(Protocol):
    """Computes steps; everything else is the loop's."""

    def step(self, batch: Batch, learning_rate: float) -> StepResult:
        """One optimizer step. A loss or gradient that is not finite changes no weight."""

    def evaluate(self, batch: Batch) -> StepResult:
        """The loss alone."""

    def peak_bytes(self) -> int | None:
        """The most memory that was in use at once; None where nobody says."""

    def adapter(self) -> Adapter:
        """The update as it stands."""

    def state(self) -> TrainState:
        """A copy of all that a step changes."""

    def restore(self, state: TrainState, steps: int) -> None:
        """Take over the state after `steps` steps; training goes on exactly as if it had not stopped."""


@dataclass
class LoopState:
    """Where a training stands; kept in every checkpoint."""

    step: int = 0
    losses: list[float] = field(default_factory=list)
    """Training loss of every step."""
    best_loss: float | None = None
    best_step: int = 0
    validation_loss: float | None = None
    """The latest one."""


def run_loop(
    backend: TrainBackend,
    train_rows: Sequence[TrainingRow],
    validation_rows: Sequence[TrainingRow],
    recipe: Recipe,
    directory: Path,
) -> Iterator[Event]:
    """Train to the end of the recipe, from the newest checkpoint in `directory` where there is one.

    Raises `OrcaError` where a loss is not finite; the checkpoints before it stay.
    """
    state = resume(backend, directory)
    batches = _from_step(train_rows, recipe, state.step)
    for rows in batches:
        started = time.monotonic()
        step = state.step + 1
        batch = make_batch(rows)
        rate = recipe.learning_rate_at(step)
        result = backend.step(batch, rate)
        if not (math.isfinite(result.loss) and math.isfinite(result.grad_norm)):
            raise OrcaError(
                f"the loss is not finite at step {step} (loss {result.loss}, gradient norm {result.grad_norm})",
                hint=f"lower train.learning_rate (now {recipe.learning_rate:g}) in orca.toml and train again",
            )
        state.step = step
        state.losses.append(result.loss)
        yield StepTrained(step, result.loss, rate, result.grad_norm, batch.tokens, time.monotonic() - started)
        last = step == recipe.total_steps
        if validation_rows and (last or step % recipe.validate_every == 0):
            yield _validate(backend, validation_rows, recipe, state, directory)
        if last or step % recipe.checkpoint_every == 0:
            yield _checkpoint(backend, state, directory)


def resume(backend: TrainBackend, directory: Path) -> LoopState:
    """Load the newest whole checkpoint, if there is one, and say where it stands."""
    _put_back(directory / BEST)
    for path in sorted(directory.glob("step-*"), reverse=True):
        if (path / STATE_FILE).is_file():
            state = LoopState(**json.loads((path / STATE_FILE).read_text(encoding="utf-8")))
            backend.restore(TrainState.load(path), state.step)
            return state
    return LoopState()


def _from_step(rows: Sequence[TrainingRow], recipe: Recipe, done: int) -> Iterator[list[TrainingRow]]:
    """The batches after the first `done` ones, to the end of the recipe."""
    number, epoch = 0, 0
    while number < recipe.total_steps:
        for batch in epoch_batches(rows, recipe.batch_size, recipe.seed, epoch):
            number += 1
            if number > recipe.total_steps:
                return
            if number > done:
                yield batch
        epoch += 1


def _validate(
    backend: TrainBackend, rows: Sequence[TrainingRow], recipe: Recipe, state: LoopState, directory: Path
) -> ValidationMeasured:
    results = [backend.evaluate(make_batch(batch)) for batch in length_batches(rows, recipe.batch_size)]
    loss = sum(r.loss * r.targets for r in results) / sum(r.targets for r in results)
    best = math.isfinite(loss) and (state.best_loss is None or loss < state.best_loss)
    state.validation_loss = loss
    if best:
        state.best_loss, state.best_step = loss, state.step
        _replace_directory(directory / BEST, backend.adapter().save)
    return ValidationMeasured(state.step, loss, best)


def _checkpoint(backend: TrainBackend, state: LoopState, directory: Path) -> CheckpointSaved:
    path = directory / f"step-{state.step:06d}"

    def write(part: Path) -> None:
        backend.state().save(part)
        (part / STATE_FILE).write_text(json.dumps(state.__dict__), encoding="utf-8")

    _replace_directory(path, write)
    for old in sorted(directory.glob("step-*"))[:-2]:
        shutil.rmtree(old, ignore_errors=True)
    return CheckpointSaved(state.step, str(path))


def _replace_directory(path: Path, write: Callable[[Path], None]) -> None:
    """Fill a directory beside `path`, sync it, and put it in place of `path` at once."""
    part = path.with_name(path.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        write(part)
        for file in part.iterdir():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        explained = _explained(error, path)
        if explained is None:
            raise
        raise explained from error
    old = path.with_name(path.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    part.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def _put_back(path: Path) -> None:
    """Undo a replacement that was cut off between its two renames."""
    old = path.with_name(path.name + ".old")
    if old.is_dir() and not path.exists():
        old.rename(path)


def _explained(error: BaseException, path: Path) -> OrcaError | None:
    """What a failed write means to the user; safetensors raises errors of its own."""
    said = str(error)
    found = re.search(r"\(os error (\d+)\)", said)
    if found:
        error = OSError(int(found[1]), os.strerror(int(found[1])))
    return explain_os_error(error, path) if isinstance(error, OSError) else None
