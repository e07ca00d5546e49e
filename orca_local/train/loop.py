"""The training loop that every backend shares: batches, schedule, validation, checkpoints, stopping."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

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
from orca_local.train.batches import Batch, epoch_batches, length_batches, make_batch
from orca_local.train.checkpoint import Checkpoints, LoopState
from orca_local.train.fingerprint import TrainingInputs, claim, make_inputs
from orca_local.train.recipe import Recipe
from orca_local.train.state import TrainState

T = TypeVar("T")

STOPPING = "stopping after this step, then saving; once more stops at once, without saving"
SAVE_SECONDS = 600.0
"""No more work than this is lost where the machine dies, however far apart the recipe puts its checkpoints."""


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
        """One optimizer step. A loss or gradient that is not finite changes no weight.

        Raises `OutOfMemory` where memory does not suffice and `OrcaError` for another failure of the machine;
        then nothing has changed, either.
        """

    def evaluate(self, batch: Batch) -> StepResult:
        """The loss alone. Raises as `step`."""

    def peak_bytes(self) -> int | None:
        """The most memory that was in use at once; None where nobody says."""

    def adapter(self) -> Adapter:
        """The update as it stands."""

    def state(self) -> TrainState:
        """A copy of all that a step changes."""

    def restore(self, state: TrainState, steps: int) -> None:
        """Take over the state after `steps` steps; training goes on exactly as if it had not stopped."""


class Answering(Protocol):
    """Shows what the model says in the course of the training."""

    def __call__(
        self, step: int, adapter: Adapter, rows: Sequence[TrainingRow], check: Callable[[], None]
    ) -> Iterator[Event]:
        """Answers after `step` to prompts of the validation rows; `check` raises where the training is to stop."""


def run_loop(
    backend: TrainBackend,
    train_rows: Sequence[TrainingRow],
    validation_rows: Sequence[TrainingRow],
    recipe: Recipe,
    directory: Path,
    *,
    inputs: TrainingInputs | None = None,
    must_resume: bool = False,
    answering: Answering | None = None,
) -> Generator[Event, None, None]:
    """Train to the end of the recipe, from the newest whole checkpoint in `directory` where there is one.

    `inputs` is what the directory belongs to; by default the rows and the recipe alone. Every validation is
    followed by what `answering` shows. Stopped by Ctrl-C,
    by its consumer or for want of memory, it leaves a checkpoint of the last finished step. Raises
    `DivergedError` where a loss is not finite, and `InputError` where the directory has checkpoints of another
    training or, with `must_resume`, none that is whole.
    """
    claim(directory, inputs or make_inputs([*train_rows, *validation_rows], recipe))
    checkpoints = Checkpoints(directory)
    state = yield from _resumed(backend, checkpoints, directory, must_resume)
    with interrupts_held(STOPPING) as interrupts:
        yield from _Loop(
            backend, train_rows, validation_rows, recipe, checkpoints, state, interrupts, answering
        ).events()


def _resumed(
    backend: TrainBackend, checkpoints: Checkpoints, directory: Path, must_resume: bool
) -> Generator[Event, None, LoopState]:
    found = checkpoints.find()
    newest = found.newest
    if newest is None:
        if must_resume:
            what = "; ".join(found.damaged) or f"there is none in {directory}"
            raise InputError(f"no checkpoint is whole: {what}", hint="train without --resume: it begins anew")
        if found.damaged:
            # What is lost is lost, and a refusal would only ask for the next command: it begins anew, and says so.
            yield Warned(f"no checkpoint is whole, the training begins anew: {'; '.join(found.damaged)}")
        return LoopState()
    for what in found.damaged:
        yield Warned(f"a checkpoint is damaged, the one before it is taken: {what}")
    backend.restore(newest.state, newest.loop.step)
    yield TrainingResumed(newest.loop.step, str(newest.path))
    return newest.loop


class _Loop:
    """One run of a training."""

    def __init__(
        self,
        backend: TrainBackend,
        train_rows: Sequence[TrainingRow],
        validation_rows: Sequence[TrainingRow],
        recipe: Recipe,
        checkpoints: Checkpoints,
        state: LoopState,
        interrupts: Interrupts,
        answering: Answering | None,
    ) -> None:
        self._backend = backend
        # By content: what comes out does not depend on the order in which rows were found.
        self._rows = sorted(train_rows, key=lambda row: row.content_hash)
        self._validation_rows = validation_rows
        self._recipe = recipe
        self._checkpoints = checkpoints
        self._state = state
        self._saved_step, self._saved_at = state.step, time.monotonic()
        self._changed = False
        """Whether there is something to save."""
        self._in_step = False
        """Whether the backend may be half-way between two states."""
        self._failed = False
        self._doing = ""
        """What the backend computes, or did last, for messages."""
        self._interrupts = interrupts
        self._answering = answering

    def events(self) -> Iterator[Event]:
        """Train to the end; on every way out but death and divergence, the last finished step is saved."""
        try:
            yield from self._train()
        except OrcaError as error:
            if self._failed:
                # What is left of the memory may not suffice for a copy of the state, either.
                with suppress(OrcaError, MemoryError):
                    yield from self._save_last()
            if isinstance(error, OutOfMemory):
                kept = (
                    f"the training is saved up to step {self._saved_step}" if self._saved_step else "nothing is saved"
                )
                raise OutOfMemory(f"{error.message}; {kept}") from error
            raise
        except KeyboardInterrupt:
            yield from self._save_last()
            raise
        except GeneratorExit:
            # What ended the consumer is the news.
            with suppress(OrcaError):
                for _ in self._save_last():
                    pass
            raise

    def _train(self) -> Iterator[Event]:
        state = self._state
        batches = _from_step(self._rows, self._recipe, state.step)
        while True:
            validated = state.validated_step == state.step or not self._validation_rows
            is_judged = not validated and self._is_due(self._recipe.validate_every)
            if is_judged:
                yield self._validate()
            late = time.monotonic() - self._saved_at >= SAVE_SECONDS
            if self._changed and (late or self._is_due(self._recipe.checkpoint_every)):
                yield self._save()
            if is_judged:  # after the checkpoint: what goes wrong in it costs no step
                yield from self._answers()
            if state.step == self._recipe.total_steps:
                return
            self._interrupts.raise_if_received()
            yield self._step(next(batches))

    def _is_due(self, every: int) -> bool:
        return self._state.step == self._recipe.total_steps or self._state.step % every == 0

    def _step(self, rows: Sequence[TrainingRow]) -> StepTrained:
        started = time.monotonic()
        step = self._state.step + 1
        batch = make_batch(rows)
        rate = self._recipe.learning_rate_at(step)
        self._in_step = True
        result = self._compute(f"step {step}", partial(self._backend.step, batch, rate))
        self._in_step = False
        if not (math.isfinite(result.loss) and math.isfinite(result.grad_norm)):
            raise self._diverged("loss", f"loss {result.loss}, gradient norm {result.grad_norm}", rate)
        self._state.step = step
        self._state.losses.append(result.loss)
        self._changed = True
        return StepTrained(step, result.loss, rate, result.grad_norm, batch.tokens, time.monotonic() - started)

    def _validate(self) -> ValidationMeasured:
        state = self._state
        results = []
        for rows in length_batches(self._validation_rows, self._recipe.batch_size):
            self._interrupts.raise_if_received()
            batch = make_batch(rows)
            results.append(
                self._compute(f"the validation after step {state.step}", partial(self._backend.evaluate, batch))
            )
        loss = sum(r.loss * r.targets for r in results) / sum(r.targets for r in results)
        if not math.isfinite(loss):
            rate = self._recipe.learning_rate_at(state.step)
            raise self._diverged("loss", f"loss {loss}, training loss {state.losses[-1]:.4f}", rate)
        best = state.best_loss is None or loss < state.best_loss
        if best:
            self._checkpoints.save_best(state.step, self._backend.adapter())
            state.best_loss, state.best_step = loss, state.step
        state.validation_loss, state.validated_step = loss, state.step
        self._changed = True
        return ValidationMeasured(state.step, loss, best)

    def _answers(self) -> Iterator[Event]:
        if self._answering is not None:
            adapter, check = self._backend.adapter(), self._interrupts.raise_if_received
            yield from self._answering(self._state.step, adapter, self._validation_rows, check)

    def _save(self, *, stopping: bool = False) -> CheckpointSaved:
        step = self._state.step
        snapshot = self._compute(f"the checkpoint after step {step}", self._backend.state)
        if not snapshot.is_finite:
            raise self._diverged("adapter", f"loss {self._state.losses[-1]:.4f}", self._recipe.learning_rate_at(step))
        path = self._checkpoints.save(self._state, snapshot)
        self._saved_step, self._saved_at, self._changed = step, time.monotonic(), False
        return CheckpointSaved(step, str(path), stopping)

    def _save_last(self) -> Iterator[CheckpointSaved]:
        if self._changed and not self._in_step:
            yield self._save(stopping=True)

    def _compute(self, doing: str, compute: Callable[[], T]) -> T:
        """Let the backend compute. Where it fails, it has changed nothing."""
        self._doing = doing
        try:
            return compute()
        except OrcaError as error:
            self._failed, self._in_step = True, False
            if isinstance(error, OutOfMemory):
                raise OutOfMemory(f"{doing} needs more memory than there is ({error.message})") from error
            raise

    def _diverged(self, what: str, values: str, rate: float) -> DivergedError:
        return DivergedError(
            f"the {what} is not finite at {self._doing} ({values}, learning rate {rate:g})",
            hint=f"lower train.learning_rate (now {self._recipe.learning_rate:g}) in orca.toml and train again: "
            "the same recipe would fail here again",
        )


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
