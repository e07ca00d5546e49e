"""The results of a workspace as rows for a dataframe: lists of flat dictionaries."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from orca_local.generation.rescore import ensure_scores
from orca_local.kinds.scoring import SCORER_VERSION
from orca_local.store.encoding import to_json
from orca_local.store.store import Store

Rows = list[dict[str, Any]]
"""One dictionary for each row, all with the same keys. Their values are strings, numbers, booleans or None."""


class Results:
    """Reads what the stages stored. Every method reads the store again.

    Answers that an earlier version of the scorer read are read again first.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def runs(self) -> Rows:
        """All runs, the newest first."""
        names = ("run_id", "stage", "status", "error", "started_at", "finished_at")
        return [_fields(run, *names) for run in self._store.runs.list()]

    def samples(self, split: str | None = None) -> Rows:
        """The samples, or those of a split. `answer` is the reference, None for kind `free`.

        `messages` is what stands before the prompt, as JSON; None if nothing does.
        """
        return [
            {
                "sample_id": sample.id,
                **_fields(sample, "task", "split", "kind", "prompt"),
                "answer": sample.answers[0] if sample.answers else None,
                "rationale": sample.rationale,
                "messages": to_json([m.to_dict() for m in sample.messages]) if sample.messages else None,
            }
            for sample in self._store.samples.list(split=split)
        ]

    def cells(self, run_id: int | None = None) -> Rows:
        """The cells of a probe run, by default of the newest: task, strategy, accuracy and tokens.

        `extracted` is the share of answers that are readable in the form that was asked for, `unreadable` the share
        that is not readable at all, `truncated` the share that `max_tokens` cut off. `lenient_accuracy` also counts
        right answers in another form. `is_selected` says whether the strategy is the task's selection.
        """
        ensure_scores(self._store)
        run_id = run_id or self._newest_run("probe")
        selections = self._store.selections.current()
        return [
            {
                "run_id": run_id,
                **_fields(cell, "task", "strategy", "n", "accuracy", "extracted", "completion_tokens"),
                **_fields(cell, "lenient_accuracy", "unreadable", "truncated"),
                "is_selected": cell.task in selections and selections[cell.task].strategy == cell.strategy,
            }
            for cell in (self._store.measurements.cells(run_id) if run_id is not None else ())
        ]

    def measurements(self, run_id: int | None = None) -> Rows:
        """The scored answers of the student and of the evaluated models, or those of one run."""
        ensure_scores(self._store)
        return [asdict(row) for row in self._store.measurements.rows(run_id=run_id)]

    def selections(self) -> Rows:
        """The chosen strategy of each task. `outdated` says whether it was chosen by scores of an earlier version."""
        selections = self._store.selections.current().values()
        return [asdict(row) | {"outdated": row.is_outdated(SCORER_VERSION)} for row in selections]

    def demonstrations(self) -> Rows:
        """The teacher's answers. `verified` says whether an answer matches the reference, `verdict` by what."""
        ensure_scores(self._store)
        return [asdict(row) for row in self._store.demonstrations.list()]

    def training_metrics(self, training_id: int | None = None) -> Rows:
        """The curves of a training, by default of the newest: one row for each step.

        `validation_loss` is None at steps without a validation.
        """
        training = self._store.trainings.get(training_id) if training_id else self._store.trainings.latest()
        if training is None:
            return []
        names = ("loss", "validation_loss")
        curves = {name: dict(self._store.trainings.metrics(training.training_id, name)) for name in names}
        steps = sorted({step for curve in curves.values() for step in curve})
        return [
            {"training_id": training.training_id, "step": step, **{name: curves[name].get(step) for name in names}}
            for step in steps
        ]

    def evaluations(self) -> Rows:
        """The results of the newest evaluation: model, system message, task, accuracy and interval."""
        return [asdict(row) for row in self._store.evaluations.latest()]

    def _newest_run(self, stage: str) -> int | None:
        run = self._store.runs.newest_by_stage().get(stage)
        return None if run is None else run.run_id


def _fields(row: object, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
