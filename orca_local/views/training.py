"""The newest training as it is now: while it runs, when it was stopped, and afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    event_of,
)
from orca_local.store.runs import RunRow
from orca_local.store.store import Store
from orca_local.store.trainings import AdapterRow, TrainingRecord
from orca_local.train.checkpoint import last_step

E = TypeVar("E", bound=Event)

Curve = tuple[tuple[int, float | None], ...]
"""Steps and losses, by step; None for one that is no number."""


@dataclass(frozen=True, slots=True)
class TrainingView:
    """What there is to see of it."""

    run: RunRow | None = None
    """The newest run of the stage, which may not have come to a training."""
    training: TrainingRecord | None = None
    """The training that was worked on last; None while a run is preparing another."""
    loss: Curve = ()
    validation: Curve = ()
    step: StepTrained | None = None
    """The last one."""
    memory: MemoryPlanned | None = None
    resumed: TrainingResumed | None = None
    """Where the newest run took the training up."""
    checkpoint: CheckpointSaved | None = None
    failed: RunFailed | None = None
    """Why the newest run ended, with the remedy."""
    answers: tuple[SampleAnswered, ...] = ()
    """What it said to the same prompts at each validation of the run that worked on it."""
    adapter: AdapterRow | None = None
    saved_step: int = 0
    """Of the newest checkpoint on the disk."""
    train_settings: Mapping[str, Any] = field(default_factory=dict)
    """What it was started with: the section `train`, with the options of that run."""

    @property
    def is_running(self) -> bool:
        """Whether the newest run is at work."""
        return self.run is not None and self.run.status == "running"

    @property
    def total_steps(self) -> int:
        """Of the recipe; 0 where there is none."""
        return int(self.training.recipe["total_steps"]) if self.training is not None else 0

    @property
    def done_steps(self) -> int:
        """Up to which the curve goes."""
        return self.loss[-1][0] if self.loss else 0

    @property
    def best(self) -> tuple[int, float] | None:
        """Step and loss of the best validation; the first of equal ones."""
        measured = [(loss, step) for step, loss in self.validation if loss is not None]
        if not measured:
            return None
        loss, step = min(measured)
        return step, loss

    @property
    def goes_on_after(self) -> int:
        """The step after which an unfinished training would go on; 0 where there is nothing to go on with."""
        is_unfinished = self.training is not None and self.training.status == "running" and not self.is_running
        return self.saved_step if is_unfinished else 0


def training_view(store: Store, before: TrainingView | None = None) -> TrainingView:
    """The newest training. Of the curves that `before` has of the same run, only what is new is read."""
    run, training = store.runs.newest_by_stage().get("train"), store.trainings.latest()
    if run is not None and run.status == "running" and training is not None and training.run_id != run.run_id:
        training = None
    if training is None:
        return TrainingView(run, failed=_last(store, run, RunFailed))
    if before is None or before.training is None or before.training.run_id != training.run_id:
        before = TrainingView()
    worked = store.runs.get(training.run_id)
    return TrainingView(
        run=run,
        training=training,
        loss=_longer(store, training, "loss", before.loss),
        validation=_longer(store, training, "validation_loss", before.validation),
        step=_last(store, worked, StepTrained),
        memory=before.memory or _last(store, worked, MemoryPlanned),
        resumed=before.resumed or _last(store, worked, TrainingResumed),
        checkpoint=_last(store, worked, CheckpointSaved),
        failed=_last(store, run, RunFailed),
        answers=_answers(store, worked),
        adapter=store.adapters.of_training(training.training_id),
        saved_step=last_step(Path(training.directory)),
        train_settings=worked.settings.get("train", {}),
    )


def _longer(store: Store, training: TrainingRecord, name: str, known: Curve) -> Curve:
    after = known[-1][0] if known else -1
    return known + tuple(store.trainings.metrics(training.training_id, name, after))


def _answers(store: Store, run: RunRow) -> tuple[SampleAnswered, ...]:
    rows = store.runs.events_of_kind(run.run_id, SampleAnswered.__name__)
    found = (event_of(row.kind, row.payload) for row in rows)
    return tuple(event for event in found if isinstance(event, SampleAnswered))


def _last(store: Store, run: RunRow | None, kind: type[E]) -> E | None:
    """The last event of this kind. A run writes down that it failed before it ends."""
    if run is None or (kind is RunFailed and run.status == "running"):
        return None
    row = store.runs.last_of(run.run_id, kind.__name__)
    return None if row is None else cast(E | None, event_of(row.kind, row.payload))
