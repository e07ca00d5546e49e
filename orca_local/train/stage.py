"""The train stage: rows in, an adapter out; an interrupted training goes on where it stopped."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orca_local.adapters.adapter import CONFIG_FILE, WEIGHTS_FILE, adapter_sha256
from orca_local.domain.errors import DivergedError, InputError, OutOfMemory
from orca_local.domain.events import (
    Event,
    MemoryPlanned,
    StageFinished,
    StageStarted,
    StepTrained,
    ValidationMeasured,
    Warned,
)
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.decoder import max_row_length
from orca_local.gguf.header import Header
from orca_local.rows.training_row import TrainingRow
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.store.trainings import AdapterRow
from orca_local.train.batches import split_validation
from orca_local.train.checkpoint import last_step, replace_directory, result_of
from orca_local.train.choose import Trainer, choose_trainer
from orca_local.train.fingerprint import TrainingInputs, make_inputs
from orca_local.train.loop import Answering, run_loop
from orca_local.train.memory import Wish, leaner, plan_memory
from orca_local.train.recipe import Recipe, make_recipe
from orca_local.train.resume import find_unfinished, refuse_to_resume


@dataclass(frozen=True, slots=True)
class _Training:
    """What is trained on, and where."""

    header: Header
    train_rows: Sequence[TrainingRow]
    validation_rows: Sequence[TrainingRow]
    settings: TrainSettings
    recipe: Recipe
    inputs: TrainingInputs
    place: Path

    @property
    def adapter(self) -> Path:
        """Where the result is."""
        return self.place / "adapter"

    @property
    def wish(self) -> Wish:
        """For the memory plan."""
        longest = max(len(row.token_ids) for row in (*self.train_rows, *self.validation_rows))
        return Wish(longest, self.settings.pack_tokens, self.settings.gradient_checkpointing)


def train(
    context: StageContext,
    header: Header,
    weights_sha256: str,
    rows: Sequence[TrainingRow],
    settings: TrainSettings,
    directory: Path,
    *,
    must_resume: bool = False,
    answering: Answering | None = None,
    trainer_for: Callable[[Header, TrainSettings], Trainer] = choose_trainer,
) -> Iterator[Event]:
    """Train an adapter on `rows` under `directory`, in a place named by what goes into it.

    The same rows, weights and recipe therefore find their checkpoints, or find themselves done; an unfinished
    training that they do not fit is named and left aside. `answering` shows what the model says at every
    validation. Raises `InputError` where there is nothing to train
    on, where a row is longer than the student holds and, with `must_resume`, where nothing can be gone on with.
    """
    store = context.store
    _check_rows(header, rows)
    train_rows, validation_rows = split_validation(rows, settings.validation_share)
    recipe = make_recipe(settings, len(train_rows))
    inputs = make_inputs(rows, recipe, weights_sha256, settings.compute)
    training = _Training(header, train_rows, validation_rows, settings, recipe, inputs, directory / inputs.key[:16])
    found, unfinished = store.trainings.find(inputs.key), find_unfinished(store, inputs)
    done = found is not None and found.status == "done"
    if must_resume and not done and not last_step(training.place):
        raise refuse_to_resume(unfinished)
    yield StageStarted("train", recipe.total_steps, "steps")
    if found is not None and done and _is_whole(store, found.training_id, training.adapter):
        _record_adapter(store, found.training_id, training, found.summary)
        yield StageFinished("train", {**found.summary, "run_id": context.run_id, "adapter": str(training.adapter)})
        return
    if done:
        yield Warned(f"the adapter {training.adapter} is not what was trained; it is made again from the checkpoints")
    if unfinished is not None:
        yield unfinished.left_aside()
    if not validation_rows and settings.validation_share:
        yield Warned(f"{len(rows)} rows are too few to hold some out for validation; the last step is kept")
    yield from _train(context, training, trainer_for(header, settings), must_resume, answering)


def _check_rows(header: Header, rows: Sequence[TrainingRow]) -> None:
    if not rows:
        raise InputError("there are no training rows", hint="see why with `orca-local dataset build`")
    longest, limit = max(len(row.token_ids) for row in rows), max_row_length(header)
    if longest > limit:
        count = sum(len(row.token_ids) > limit for row in rows)
        raise InputError(
            f"{count} of {len(rows)} training rows are longer than the {limit} tokens that the student holds; "
            f"the longest has {longest}",
            hint=f"set dataset.max_tokens = {limit} in orca.toml: longer rows are then left out, and counted",
        )


def _train(
    context: StageContext,
    training: _Training,
    trainer: Trainer,
    must_resume: bool,
    answering: Answering | None,
) -> Iterator[Event]:
    store, recipe, place = context.store, training.recipe, training.place
    yield from map(Warned, trainer.machine.notes)
    plan = plan_memory(training.header, recipe, training.wish, trainer.machine)
    yield MemoryPlanned(plan.describe(), plan.total, plan.free, plan.pack_tokens, plan.gradient_checkpointing)
    training_id = store.trainings.start(
        training.inputs.key,
        context.run_id,
        weights_sha256=training.inputs.weights_sha256,
        recipe=recipe.to_dict(),
        rows=len(training.inputs.rows),
        directory=str(place),
    )
    started = time.monotonic()
    backend = trainer.backend(recipe, plan)
    rows = (training.train_rows, training.validation_rows)
    inputs = training.inputs
    loop = run_loop(backend, *rows, recipe, place, inputs=inputs, must_resume=must_resume, answering=answering)
    try:
        rate = yield from _recorded(store, training_id, loop)
    except OutOfMemory as error:
        raise OutOfMemory(error.message, hint=leaner(plan, training.wish, recipe, trainer.machine)) from error
    except DivergedError:
        # It is over, and no other recipe is told that it leaves it aside.
        store.trainings.finish(training_id, "failed", {})
        raise
    summary = _finish(training)
    summary |= {"tokens_per_second": rate, "seconds": round(time.monotonic() - started, 3)}
    summary["memory"] = {"planned": plan.total, "peak": backend.peak_bytes()}
    with store.transaction():
        store.trainings.finish(training_id, "done", summary)
        _record_adapter(store, training_id, training, summary)
    yield StageFinished("train", {"run_id": context.run_id, "adapter": str(training.adapter), **summary})


def _recorded(store: Store, training_id: int, loop: Generator[Event, None, None]) -> Generator[Event, None, float]:
    """Pass the loop's events on with their curves in the store; returns tokens of rows per second of its steps."""
    tokens, working = 0, 0.0
    with closing(loop):  # it saves what it has
        for event in loop:
            if isinstance(event, StepTrained):
                tokens, working = tokens + event.tokens, working + event.seconds
                store.trainings.add_metric(training_id, event.step, "loss", event.loss)
            elif isinstance(event, ValidationMeasured):
                store.trainings.add_metric(training_id, event.step, "validation_loss", event.loss)
            yield event
    return tokens / working if working else 0.0


def _finish(training: _Training) -> dict[str, Any]:
    """Put the best adapter (the last one where nothing was held out) in its final place, and sum up."""
    state, source = result_of(training.place)

    def copy(part: Path) -> None:
        for name in (CONFIG_FILE, WEIGHTS_FILE):
            shutil.copy2(source / name, part / name)

    replace_directory(training.adapter, copy)
    # The mean over the last tenth: one batch is too noisy to quote.
    tail = state.losses[-max(1, len(state.losses) // 10) :]
    return {
        "steps": state.step,
        "train_loss": sum(tail) / len(tail),
        "validation_loss": state.best_loss,
        "best_step": state.step if state.best_loss is None else state.best_step,
    }


def _is_whole(store: Store, training_id: int, path: Path) -> bool:
    """Whether the adapter is there as it was made."""
    row = store.adapters.of_training(training_id)
    try:
        return row is not None and adapter_sha256(path) == row.sha256
    except InputError:
        return False


def _record_adapter(store: Store, training_id: int, training: _Training, summary: dict[str, Any]) -> None:
    store.adapters.add(
        AdapterRow(
            training_id=training_id,
            path=str(training.adapter),
            sha256=adapter_sha256(training.adapter),
            weights_sha256=training.inputs.weights_sha256,
            step=int(summary["best_step"]),
            validation_loss=summary["validation_loss"],
        )
    )
