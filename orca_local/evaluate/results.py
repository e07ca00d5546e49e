"""Reads the results of an evaluation back from the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.domain.types import Sample
from orca_local.evaluate.beside import compare_beside
from orca_local.evaluate.compare import SampleResult, compare
from orca_local.generation.generate import ModelRef, PlannedMeasurement
from orca_local.kinds.scoring import SCORER_VERSION
from orca_local.runs.context import StageContext
from orca_local.runs.summaries import newest_summary
from orca_local.store.measurements import MeasurementRow
from orca_local.store.store import Store

NO_STRATEGY = ""
"""Value of the column `strategy` for measurements without a strategy."""


def collect(context: StageContext, model: ModelRef, planned: Iterable[PlannedMeasurement]) -> list[SampleResult]:
    """The results of a model in this run, one per planned measurement.

    The lenient reading counts. A failed generation counts as no readable answer. An answer that a judge has
    not graded is left out.
    """
    rows = context.store.measurements.rows(run_id=context.run_id, model_id=model.model_id)
    by_prompt = {(row.sample_id, row.strategy, row.system_message): row for row in rows}
    found = [(one.sample, by_prompt.get((one.sample.id, one.strategy, one.system_message))) for one in planned]
    return [to_result(sample, row) for sample, row in found if row is None or row.has_score]


def to_result(sample: Sample, row: MeasurementRow | None) -> SampleResult:
    """The result of one sample; `row` is None if its generation failed."""
    is_unseen = bool(sample.metadata.get("unseen"))
    if row is None:
        return SampleResult(sample.id, sample.task, None, is_unseen)
    return SampleResult(
        sample.id, sample.task, row.lenient_value, is_unseen, row.strict_value, row.is_truncated, row.completion_tokens
    )


def load_summary(store: Store) -> EvaluationSummary | None:
    """The summary of the newest finished evaluation, by this version of the scorer; None if there is none.

    The run keeps the figures that it had. Where all of its answers are still its own, the accuracies and the gain are
    computed from their present scores; `split`, `types` and `prompted` stay.
    """
    summary = newest_summary(store, "evaluate", EvaluationSummary)
    if summary is None or (summary.scorer_version or 1) >= SCORER_VERSION:
        return summary
    messages = [row.system_message for row in summary.models[0].by_system_message]
    results = _stored_results(store, summary.run_id, messages)
    expected = {(model.model, row.system_message): row.n for model in summary.models for row in model.by_system_message}
    if expected != {(name, text): len(group) for name, by_text in results.items() for text, group in by_text.items()}:
        return summary
    ordered = {model.model: results[model.model] for model in summary.models}
    models, gain = compare(ordered, messages)
    models = tuple(
        replace(new, source=old.source, missing=old.missing, cost_usd=old.cost_usd)
        for new, old in zip(models, summary.models, strict=True)
    )
    headline = {name: by_message[messages[0]] for name, by_message in ordered.items()}
    beside = None if summary.beside is None else compare_beside(headline)
    return replace(summary, models=models, gain=gain, beside=beside, scorer_version=SCORER_VERSION)


def _stored_results(store: Store, run_id: int, messages: Sequence[str]) -> dict[str, dict[str, list[SampleResult]]]:
    """The present results of a run by model and system message."""
    names = store.evaluations.models(run_id)
    samples = {sample.id: sample for sample in store.samples.list(split="holdout")}
    results: dict[str, dict[str, list[SampleResult]]] = {}
    for row in store.measurements.rows(run_id=run_id, strategy=NO_STRATEGY):
        name, sample = names.get(row.model_id), samples.get(row.sample_id)
        if name is not None and sample is not None and row.system_message in messages and row.has_score:
            results.setdefault(name, {}).setdefault(row.system_message, []).append(to_result(sample, row))
    return results
