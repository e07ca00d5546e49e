"""The training loop, the same for every backend: batches, schedule, validation, checkpoints, stopping."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import DivergedError, InputError, OrcaError, OutOfMemory
from orca_local.domain.events import (
    CheckpointSaved,
    Event,
    StepTrained,
    TrainingResumed,
    ValidationMeasured,
    Warned,
)
from orca_local.rows.training_row import TrainingRow
from orca_local.system.signals import Interrupts, interrupts_held
from orca_local.train.backend import TrainBackend
from orca_local.train.batches import epoch_batches, length_batches, make_batch
from orca_local.train.checkpoint import Checkpoints, LoopState
from orca_local.train.fingerprint import TrainingFingerprint, claim_directory, make_fingerprint
from orca_local.train.recipe import Recipe

T = TypeVar("T")

STOPPING = "stopping after this step, then saving; interrupt again to stop at once without saving"
SAVE_SECONDS = 600.0
"""Maximum seconds between checkpoints, regardless of `checkpoint_every`. It limits the work that a crash of the machine
loses.
"""


GenerateSamples = Callable[[int, Adapter, Sequence[TrainingRow], Callable[[], None]], Iterator[Event]]
"""Shows what the student generates during the training: called with step, adapter, validation rows and check.

It answers prompts of the rows. `check()` raises if the training is to stop.
"""


def run_loop(
    backend: TrainBackend,
    train_rows: Sequence[TrainingRow],
    validation_rows: Sequence[TrainingRow],
    recipe: Recipe,
    directory: Path,
    *,
    fingerprint: TrainingFingerprint | None = None,
    must_resume: bool = False,
    generate_samples: GenerateSamples | None = None,
    save_seconds: float = SAVE_SECONDS,
) -> Generator[Event, None, None]:
    """Train to the last step of the recipe, from the newest complete checkpoint in `directory` if there is one.

    `fingerprint` identifies the training that owns the directory; by default it is made from the rows and the
    recipe. `generate_samples` runs after every validation. If the loop is stopped by Ctrl-C, by its consumer, or
    because memory runs out, it saves a checkpoint of the last finished step. Raises `DivergedError` if a loss is not
    finite, and `InputError` if the directory belongs to another training or, with `must_resume`, has no complete
    checkpoint.
    """
    claim_directory(directory, fingerprint or make_fingerprint([*train_rows, *validation_rows], recipe))
    checkpoints = Checkpoints(directory)
    state = yield from _resume(backend, checkpoints, directory, must_resume)
    # Sorted by content: the result does not depend on the order of the rows.
    rows = sorted(train_rows, key=lambda row: row.content_hash)
    with interrupts_held(STOPPING) as interrupts:
        loop = _Loop(
            backend, rows, validation_rows, recipe, checkpoints, state, interrupts, generate_samples, save_seconds
        )
        yield from loop.run()


def _resume(
    backend: TrainBackend, checkpoints: Checkpoints, directory: Path, must_resume: bool
) -> Generator[Event, None, LoopState]:
    scan = checkpoints.scan()
    newest, damaged = scan.newest, "; ".join(scan.damaged)
    if newest is None:
        if must_resume:
            reason = damaged or f"there is none in {directory}"
            raise InputError(f"no complete checkpoint: {reason}", hint="train without --resume to start again")
        if damaged:
            # Not an error: nothing can be recovered, and the user would only run the command again.
            yield Warned(f"no complete checkpoint, so the training starts again: {damaged}")
        return LoopState()
    for message in scan.damaged:
        yield Warned(f"a checkpoint is damaged, so the one before it is used: {message}")
    backend.restore(newest.state, newest.loop.step)
    yield TrainingResumed(newest.loop.step, str(newest.path))
    return newest.loop


@dataclass
class _Loop:
    """One run of the loop."""

    backend: TrainBackend
    rows: Sequence[TrainingRow]
    validation_rows: Sequence[TrainingRow]
    recipe: Recipe
    checkpoints: Checkpoints
    state: LoopState
    interrupts: Interrupts
    generate_samples: GenerateSamples | None
    save_seconds: float
    saved_step: int = field(init=False)
    saved_at: float = field(default_factory=time.monotonic, init=False)
    has_changed: bool = False
    """Whether the state differs from the last checkpoint."""
    in_step: bool = False
    """Whether the backend may be between two consistent states."""
    has_failed: bool = False
    """Whether the backend raised an error."""
    operation: str = ""
    """The backend's current or last operation, for messages."""

    def __post_init__(self) -> None:
        self.saved_step = self.state.step

    def run(self) -> Iterator[Event]:
        """Train to the end. Unless the process dies or the loss diverges, the last finished step is saved."""
        try:
            yield from self._train()
        except OrcaError as error:
            if self.has_failed:
                # There may not be enough memory left to copy the state.
                with suppress(OrcaError, MemoryError):
                    yield from self._save_last()
            if isinstance(error, OutOfMemory):
                saved = f"the training is saved up to step {self.saved_step}" if self.saved_step else "nothing is saved"
                raise OutOfMemory(f"{error.message}; {saved}") from error
            raise
        except KeyboardInterrupt:
            yield from self._save_last()
            raise
        except GeneratorExit:
            # An error while saving must not hide why the consumer stopped.
            with suppress(OrcaError):
                for _ in self._save_last():
                    pass
            raise

    def _train(self) -> Iterator[Event]:
        state = self.state
        batches = _iter_batches(self.rows, self.recipe, state.step)
        while True:
            is_validated = state.validated_step == state.step or not self.validation_rows
            validates = not is_validated and self._is_due(self.recipe.validate_every)
            if validates:
                yield self._validate()
            is_late = time.monotonic() - self.saved_at >= self.save_seconds
            if self.has_changed and (is_late or self._is_due(self.recipe.checkpoint_every)):
                yield self._save()
            if validates:  # after the checkpoint: an error here loses no step
                yield from self._generate()
            if state.step == self.recipe.total_steps:
                return
            self.interrupts.raise_if_received()
            yield self._step(next(batches))

    def _is_due(self, every: int) -> bool:
        return self.state.step == self.recipe.total_steps or self.state.step % every == 0

    def _step(self, rows: Sequence[TrainingRow]) -> StepTrained:
        started = time.monotonic()
        step = self.state.step + 1
        batch = make_batch(rows)
        rate = self.recipe.learning_rate_at(step)
        self.in_step = True
        result = self._compute(f"step {step}", partial(self.backend.step, batch, rate))
        self.in_step = False
        if not (math.isfinite(result.loss) and math.isfinite(result.grad_norm)):
            raise self._diverged("loss", f"loss {result.loss}, gradient norm {result.grad_norm}", rate)
        self.state.step = step
        self.state.losses.append(result.loss)
        self.has_changed = True
        return StepTrained(step, result.loss, rate, result.grad_norm, batch.tokens, time.monotonic() - started)

    def _validate(self) -> ValidationMeasured:
        state, operation = self.state, f"the validation after step {self.state.step}"
        results = []
        for rows in length_batches(self.validation_rows, self.recipe.batch_size):
            self.interrupts.raise_if_received()
            results.append(self._compute(operation, partial(self.backend.evaluate, make_batch(rows))))
        loss = sum(r.loss * r.targets for r in results) / sum(r.targets for r in results)
        if not math.isfinite(loss):
            rate = self.recipe.learning_rate_at(state.step)
            raise self._diverged("loss", f"loss {loss}, training loss {state.losses[-1]:.4f}", rate)
        is_best = state.best_loss is None or loss < state.best_loss
        if is_best:
            self.checkpoints.save_best(state.step, self.backend.adapter())
            state.best_loss, state.best_step = loss, state.step
        state.validation_loss, state.validated_step = loss, state.step
        self.has_changed = True
        return ValidationMeasured(state.step, loss, is_best)

    def _generate(self) -> Iterator[Event]:
        if self.generate_samples is not None:
            adapter, check = self.backend.adapter(), self.interrupts.raise_if_received
            yield from self.generate_samples(self.state.step, adapter, self.validation_rows, check)

    def _save(self, *, stopping: bool = False) -> CheckpointSaved:
        step = self.state.step
        snapshot = self._compute(f"the checkpoint after step {step}", self.backend.state)
        if not snapshot.is_finite:
            raise self._diverged("adapter", f"loss {self.state.losses[-1]:.4f}", self.recipe.learning_rate_at(step))
        path = self.checkpoints.save(self.state, snapshot)
        self.saved_step, self.saved_at, self.has_changed = step, time.monotonic(), False
        return CheckpointSaved(step, str(path), stopping)

    def _save_last(self) -> Iterator[CheckpointSaved]:
        if self.has_changed and not self.in_step:
            yield self._save(stopping=True)

    def _compute(self, operation: str, compute: Callable[[], T]) -> T:
        """Call the backend. If it raises, its state has not changed."""
        self.operation = operation
        try:
            return compute()
        except OrcaError as error:
            self.has_failed, self.in_step = True, False
            if isinstance(error, OutOfMemory):
                raise OutOfMemory(f"{operation} needs more memory than is available ({error.message})") from error
            raise

    def _diverged(self, name: str, values: str, rate: float) -> DivergedError:
        return DivergedError(
            f"the {name} is not finite at {self.operation} ({values}, learning rate {rate:g})",
            hint=f"lower train.learning_rate (now {self.recipe.learning_rate:g}) in orca.toml and train again; "
            "the same recipe would fail here again",
        )


def _iter_batches(rows: Sequence[TrainingRow], recipe: Recipe, finished: int) -> Iterator[list[TrainingRow]]:
    """The batches after the first `finished` ones, to the end of the recipe."""
    number, epoch = 0, 0
    while number < recipe.total_steps:
        for batch in epoch_batches(rows, recipe.batch_size, recipe.seed, epoch):
            number += 1
            if number > recipe.total_steps:
                return
            if number > finished:
                yield batch
        epoch += 1
