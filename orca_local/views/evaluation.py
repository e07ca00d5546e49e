"""The newest evaluation: while it runs, and its results."""

from __future__ import annotations

from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.domain.events import RunFailed
from orca_local.domain.frozen import Frozen
from orca_local.domain.stages import SUITES
from orca_local.domain.suite_evaluation import SuiteEvaluation
from orca_local.evaluate.results import load_summary
from orca_local.runs.summaries import newest_summary
from orca_local.store.results import EvaluationRow
from orca_local.store.runs import RunRow
from orca_local.store.store import Store
from orca_local.views.training import last_event


class EvaluationView(Frozen):
    """The newest run of the stage `evaluate`, and the newest finished results."""

    run: RunRow | None = None
    failed: RunFailed | None = None
    """The error of the newest run, with its hint."""
    rows: tuple[EvaluationRow, ...] = ()
    """The results so far of a run that is still running."""
    summary: EvaluationSummary | None = None
    """The summary of the newest finished run."""
    suites: SuiteEvaluation | None = None
    """The newest finished results on benchmarks."""


def load_evaluation_view(store: Store) -> EvaluationView:
    """The newest evaluation, and the newest results on benchmarks."""
    suites = newest_summary(store, SUITES, SuiteEvaluation)
    run = store.runs.newest_by_stage().get("evaluate")
    if run is None:
        return EvaluationView(suites=suites)
    rows = [row for row in store.evaluations.latest() if row.run_id == run.run_id]
    return EvaluationView(
        run=run,
        failed=last_event(store, run, RunFailed),
        rows=tuple(rows) if run.status == "running" else (),
        summary=load_summary(store),
        suites=suites,
    )
