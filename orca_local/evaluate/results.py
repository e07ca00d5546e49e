"""Reads the results of an evaluation back from the store."""

from __future__ import annotations

from collections.abc import Iterable

from orca_local.domain.types import Sample
from orca_local.evaluate.compare import SampleResult
from orca_local.generation.generate import ModelRef, PlannedMeasurement
from orca_local.runs.context import StageContext
from orca_local.store.measurements import MeasurementRow

NO_STRATEGY = ""
"""Value of the column `strategy` for measurements without a strategy."""


def collect(context: StageContext, model: ModelRef, planned: Iterable[PlannedMeasurement]) -> list[SampleResult]:
    """The results of a model in this run, one per planned measurement.

    The lenient reading counts. A failed generation counts as no readable answer.
    """
    rows = context.store.measurements.rows(run_id=context.run_id, model_id=model.model_id)
    by_prompt = {(row.sample_id, row.strategy, row.system_message): row for row in rows}
    return [to_result(one.sample, by_prompt.get((one.sample.id, one.strategy, one.system_message))) for one in planned]


def to_result(sample: Sample, row: MeasurementRow | None) -> SampleResult:
    """The result of one sample; `row` is None if its generation failed."""
    is_unseen = bool(sample.metadata.get("unseen"))
    if row is None:
        return SampleResult(sample.id, sample.task, None, is_unseen)
    return SampleResult(sample.id, sample.task, row.lenient_value, is_unseen, row.strict_value, row.is_truncated)
