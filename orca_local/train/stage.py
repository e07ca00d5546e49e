"""The train stage: trains an adapter on rows, and resumes an interrupted training."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from orca_local.adapters.adapter import CONFIG_FILE, WEIGHTS_FILE, adapter_sha256
from orca_local.domain.copy_fields import copy_fields
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
from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import TrainSettings
from orca_local.domain.summaries import MemoryUse, TrainResult, TrainSummary
from orca_local.gguf.decoder import max_row_length
from orca_local.gguf.header import Header
from orca_local.rows.training_row import TrainingRow
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.store.trainings import AdapterRow
from orca_local.train.backend import Framework
from orca_local.train.batches import split_validation
from orca_local.train.checkpoint import last_step, load_result, replace_directory
from orca_local.train.choose import choose_framework
from orca_local.train.fingerprint import TrainingFingerprint, make_fingerprint
from orca_local.train.loop import GenerateSamples, run_loop
from orca_local.train.memory import MemoryRequest, plan_memory, suggest_savings
from orca_local.train.recipe import Recipe, make_recipe
from orca_local.train.resume import find_unfinished, resume_error


class _Training(Frozen):
    """Input of a training, and its directory."""

    header: Header
    train_rows: Sequence[TrainingRow]
    validation_rows: Sequence[TrainingRow]
    settings: TrainSettings
    recipe: Recipe
    fingerprint: TrainingFingerprint
    directory: Path

    @property
    def adapter(self) -> Path:
        """Directory of the resulting adapter."""
        return self.directory / "adapter"

    @property
    def memory_request(self) -> MemoryRequest:
        longest = max(len(row.token_ids) for row in (*self.train_rows, *self.validation_rows))
        return MemoryRequest(longest, self.settings.pack_tokens, self.settings.gradient_checkpointing)


def train(
    context: StageContext,
    header: Header,
    weights_sha256: str,
    rows: Sequence[TrainingRow],
    settings: TrainSettings,
    directory: Path,
    *,
    must_resume: bool = False,
    generate_samples: GenerateSamples | None = None,
    framework_for: Callable[[Header, TrainSettings], Framework] = choose_framework,
) -> Iterator[Event]:
    """Train an adapter on `rows`, in a subdirectory of `directory` named by the training's fingerprint.

    The same rows, weights and recipe therefore resume from their checkpoints, or reuse the finished adapter. If an
    unfinished training does not fit them, a warning says why, and a new training starts. `generate_samples` runs
    after every validation. Raises `InputError` if there are no rows, if a row is longer than the student's context,
    and, with `must_resume`, if there is nothing to resume.
    """
    store = context.store
    _check_rows(header, rows)
    train_rows, validation_rows = split_validation(rows, settings.validation_share)
    recipe = make_recipe(settings, len(train_rows))
    fingerprint = make_fingerprint(rows, recipe, weights_sha256, settings.compute)
    path = directory / fingerprint.key[:16]
    training = _Training(header, train_rows, validation_rows, settings, recipe, fingerprint, path)
    record, unfinished = store.trainings.find(fingerprint.key), find_unfinished(store, fingerprint)
    is_done = record is not None and record.status == "done"
    if must_resume and not is_done and not last_step(training.directory):
        raise resume_error(unfinished)
    yield StageStarted("train", recipe.total_steps, "steps")
    if record is not None and is_done:
        if _is_intact(store, record.training_id, training.adapter):
            result = TrainResult.from_dict(record.summary)
            _record_adapter(store, record.training_id, training, result)
            yield StageFinished("train", _summary(result, context.run_id, training))
            return
        yield Warned(f"the adapter {training.adapter} was changed or removed; it is restored from the checkpoints")
    if unfinished is not None:
        yield unfinished.warning()
    if not validation_rows and settings.validation_share:
        yield Warned(f"{len(rows)} rows are too few for a validation split, so the last step's adapter is kept")
    yield from _train(context, training, framework_for(header, settings), must_resume, generate_samples)


def _check_rows(header: Header, rows: Sequence[TrainingRow]) -> None:
    if not rows:
        raise InputError("there are no training rows", hint="see why with `orca-local dataset build`")
    longest, limit = max(len(row.token_ids) for row in rows), max_row_length(header)
    if longest > limit:
        count = sum(len(row.token_ids) > limit for row in rows)
        raise InputError(
            f"{count} of {len(rows)} training rows are longer than the student's context of {limit} tokens; "
            f"the longest has {longest}",
            hint=f"set dataset.max_tokens = {limit} in orca.toml: longer rows are then left out and counted",
        )


def _train(
    context: StageContext,
    training: _Training,
    framework: Framework,
    must_resume: bool,
    generate_samples: GenerateSamples | None,
) -> Iterator[Event]:
    store, recipe, fingerprint = context.store, training.recipe, training.fingerprint
    yield from map(Warned, framework.machine.notes)
    plan = plan_memory(training.header, recipe, training.memory_request, framework.machine)
    yield MemoryPlanned(plan.describe(), plan.total, plan.free, plan.pack_tokens, plan.gradient_checkpointing)
    training_id = store.trainings.start(
        fingerprint.key,
        context.run_id,
        weights_sha256=fingerprint.weights_sha256,
        recipe=recipe.to_dict(),
        rows=len(fingerprint.rows),
        directory=str(training.directory),
    )
    started = time.monotonic()
    backend = framework.make_backend(recipe, plan)
    loop = run_loop(
        backend,
        training.train_rows,
        training.validation_rows,
        recipe,
        training.directory,
        fingerprint=fingerprint,
        must_resume=must_resume,
        generate_samples=generate_samples,
    )
    try:
        rate = yield from _store_metrics(store, training_id, loop)
    except OutOfMemory as error:
        hint = suggest_savings(plan, training.memory_request, recipe, framework.machine)
        raise OutOfMemory(error.message, hint=hint) from error
    except DivergedError:
        # The same recipe would diverge again, so another recipe does not mention it as unfinished.
        store.trainings.finish(training_id, "failed", {})
        raise
    result = _finish(training, rate, started, MemoryUse(plan.total, backend.peak_bytes()))
    with store.transaction():
        store.trainings.finish(training_id, "done", result.to_dict())
        _record_adapter(store, training_id, training, result)
    yield StageFinished("train", _summary(result, context.run_id, training))


def _store_metrics(store: Store, training_id: int, loop: Generator[Event, None, None]) -> Generator[Event, None, float]:
    """Pass on the loop's events and store the losses. Returns tokens per second over the steps."""
    tokens, seconds = 0, 0.0
    with closing(loop):  # closing it saves the last finished step
        for event in loop:
            if isinstance(event, StepTrained):
                tokens, seconds = tokens + event.tokens, seconds + event.seconds
                store.trainings.add_metric(training_id, event.step, "loss", event.loss)
            elif isinstance(event, ValidationMeasured):
                store.trainings.add_metric(training_id, event.step, "validation_loss", event.loss)
            yield event
    return tokens / seconds if seconds else 0.0


def _finish(training: _Training, rate: float, started: float, memory: MemoryUse) -> TrainResult:
    """Copy the best adapter (without validation rows, the last one) to its final directory; returns the summary."""
    state, source = load_result(training.directory)

    def copy(part: Path) -> None:
        for name in (CONFIG_FILE, WEIGHTS_FILE):
            shutil.copy2(source / name, part / name)

    replace_directory(training.adapter, copy)
    # Mean over the last tenth of the steps: the loss of a single batch is too noisy.
    tail = state.losses[-max(1, len(state.losses) // 10) :]
    return TrainResult(
        steps=state.step,
        train_loss=sum(tail) / len(tail),
        validation_loss=state.best_loss,
        best_step=state.step if state.best_loss is None else state.best_step,
        tokens_per_second=rate,
        seconds=round(time.monotonic() - started, 3),
        memory=memory,
    )


def _summary(result: TrainResult, run_id: int, training: _Training) -> TrainSummary:
    return copy_fields(TrainSummary, result, run_id=run_id, adapter=str(training.adapter))


def _is_intact(store: Store, training_id: int, path: Path) -> bool:
    """Whether the adapter is unchanged since it was trained."""
    row = store.adapters.of_training(training_id)
    try:
        return row is not None and adapter_sha256(path) == row.sha256
    except InputError:
        return False


def _record_adapter(store: Store, training_id: int, training: _Training, result: TrainResult) -> None:
    store.adapters.add(
        AdapterRow(
            training_id=training_id,
            path=str(training.adapter),
            sha256=adapter_sha256(training.adapter),
            weights_sha256=training.fingerprint.weights_sha256,
            step=result.best_step,
            validation_loss=result.validation_loss,
        )
    )
