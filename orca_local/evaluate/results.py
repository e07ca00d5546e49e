"""Reads the results of an evaluation back from the store."""

from __future__ import annotations

from collections.abc import Iterable

from orca_local.evaluate.compare import SampleResult
from orca_local.generation.generate import ModelRef, PlannedMeasurement
from orca_local.runs.context import StageContext

NO_STRATEGY = ""
"""Value of the column `strategy` for measurements without a strategy."""


def collect(context: StageContext, model: ModelRef, planned: Iterable[PlannedMeasurement]) -> list[SampleResult]:
    """The results of a model in this run, one per planned measurement.

    The lenient reading counts. A failed generation counts as no readable answer.
    """
    rows = context.store.measurements.rows(run_id=context.run_id, model_id=model.model_id)
    values = {(row.sample_id, row.strategy, row.system_message): row.lenient_value for row in rows}
    return [
        SampleResult(
            one.sample.id,
            one.sample.task,
            values.get((one.sample.id, one.strategy, one.system_message)),
            bool(one.sample.metadata.get("unseen")),
        )
        for one in planned
    ]
