"""The state of the newest training: while it runs, after it was stopped, and when it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, TypeVar, cast

from orca_local.domain.events import (
    CheckpointSaved,
    Event,
    MemoryPlanned,
    RunFailed,
    SampleAnswered,
    StepTrained,
    TrainingResumed,
    parse_event,
)
from orca_local.domain.frozen import Frozen
from orca_local.domain.summaries import TrainResult
from orca_local.store.runs import RunRow
from orca_local.store.store import Store
from orca_local.store.trainings import AdapterRow, TrainingRecord
from orca_local.train.checkpoint import last_step

E = TypeVar("E", bound=Event)

Curve = tuple[tuple[int, float | None], ...]
"""Steps and losses in the order of the steps; None for a loss that is not finite."""


class TrainingView(Frozen):
    """The newest run of the stage `train`, and the training that was worked on last."""

    run: RunRow | None = None
    """The newest run, even if it ended before a training began."""
    training: TrainingRecord | None = None
    """The training that was worked on last; None while a run prepares another."""
    loss: Curve = ()
    validation: Curve = ()
    last_step: StepTrained | None = None
    """The newest trained step."""
    memory: MemoryPlanned | None = None
    resumed: TrainingResumed | None = None
    """The step at which the run resumed the training."""
    checkpoint: CheckpointSaved | None = None
    """The newest checkpoint of the run."""
    failed: RunFailed | None = None
    """The error of the newest run, with its hint."""
    answers: tuple[SampleAnswered, ...] = ()
    """The student's answers to the same prompts at each validation of the run."""
    adapter: AdapterRow | None = None
    saved_step: int = 0
    """Step of the newest checkpoint on disk."""
    train_settings: Mapping[str, Any] = field(default_factory=dict)
    """Section `train` of the run's settings, with its command-line options."""

    @property
    def result(self) -> TrainResult | None:
        """Figures of the training; None while it is not done."""
        is_done = self.training is not None and self.training.status == "done"
        return TrainResult.from_dict(self.training.summary) if self.training is not None and is_done else None

    @property
    def is_running(self) -> bool:
        """Whether the newest run is running."""
        return self.run is not None and self.run.status == "running"

    @property
    def total_steps(self) -> int:
        """Number of steps in the recipe; 0 without a training."""
        return int(self.training.recipe["total_steps"]) if self.training is not None else 0

    @property
    def done_steps(self) -> int:
        """Number of steps in the loss curve."""
        return self.loss[-1][0] if self.loss else 0

    @property
    def best(self) -> tuple[int, float] | None:
        """Step and loss of the best validation, the first if several are equal."""
        measured = [(loss, step) for step, loss in self.validation if loss is not None]
        if not measured:
            return None
        loss, step = min(measured)
        return step, loss

    @property
    def resume_step(self) -> int:
        """The step from which an unfinished training can resume; 0 if it cannot."""
        is_unfinished = self.training is not None and self.training.status == "running" and not self.is_running
        return self.saved_step if is_unfinished else 0


def load_training_view(store: Store, previous: TrainingView | None = None) -> TrainingView:
    """The newest training. Reads only what is newer than the curves of `previous`, if that shows the same run."""
    run, training = store.runs.newest_by_stage().get("train"), store.trainings.latest()
    if run is not None and run.status == "running" and training is not None and training.run_id != run.run_id:
        training = None
    if training is None:
        return TrainingView(run, failed=last_event(store, run, RunFailed))
    if previous is None or previous.training is None or previous.training.run_id != training.run_id:
        previous = TrainingView()
    training_run = store.runs.get(training.run_id)
    return TrainingView(
        run=run,
        training=training,
        loss=_extend(store, training, "loss", previous.loss),
        validation=_extend(store, training, "validation_loss", previous.validation),
        last_step=last_event(store, training_run, StepTrained),
        memory=previous.memory or last_event(store, training_run, MemoryPlanned),
        resumed=previous.resumed or last_event(store, training_run, TrainingResumed),
        checkpoint=last_event(store, training_run, CheckpointSaved),
        failed=last_event(store, run, RunFailed),
        answers=_answers(store, training_run),
        adapter=store.adapters.of_training(training.training_id),
        saved_step=last_step(Path(training.directory)),
        train_settings=training_run.settings.get("train", {}),
    )


def _extend(store: Store, training: TrainingRecord, metric: str, curve: Curve) -> Curve:
    """The curve with the steps that the store has after its end."""
    after = curve[-1][0] if curve else -1
    return curve + tuple(store.trainings.metrics(training.training_id, metric, after))


def _answers(store: Store, run: RunRow) -> tuple[SampleAnswered, ...]:
    rows = store.runs.events_of_kind(run.run_id, SampleAnswered.__name__)
    events = (parse_event(row.kind, row.payload) for row in rows)
    return tuple(event for event in events if isinstance(event, SampleAnswered))


def last_event(store: Store, run: RunRow | None, kind: type[E]) -> E | None:
    """The run's last event of this kind. A run still "runs" when it records its failure, so that one is not read."""
    if run is None or (kind is RunFailed and run.status == "running"):
        return None
    row = store.runs.last_of(run.run_id, kind.__name__)
    return None if row is None else cast(E | None, parse_event(row.kind, row.payload))
