"""The newest evaluation by the present scores, where an earlier version of the scorer made it."""

from __future__ import annotations

from dataclasses import replace

from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.domain.events import StageFinished
from orca_local.evaluate.report import render_report
from orca_local.evaluate.results import load_summary
from tests.evaluate.test_prompted import Scene


def store_as_old(scene: Scene, summary: EvaluationSummary) -> EvaluationSummary:
    """Store the summary as an earlier version would have, with another accuracy."""
    models = tuple(replace(model, accuracy=0.25) for model in summary.models)
    old = replace(summary, models=models, gain=None, scorer_version=None)
    event = StageFinished("evaluate", old)
    scene.store.runs.add_event(summary.run_id, event.kind, event.payload())
    return old


def test_figures_of_an_earlier_version_are_computed_from_the_present_scores(scene: Scene) -> None:
    summary, _ = scene.run(None)
    assert load_summary(scene.store) == summary
    store_as_old(scene, summary)
    renewed = load_summary(scene.store)
    assert renewed is not None and renewed.gain is not None
    assert (renewed.models, renewed.gain) == (summary.models, summary.gain)
    assert "+100.0" in render_report(scene.store)


def test_figures_stay_where_a_later_run_took_answers_over(scene: Scene) -> None:
    first, _ = scene.run(None)
    old = store_as_old(scene, first)
    scene.run(None, ("base",))
    scene.store.runs.add_event(2, "RunFailed", {"message": "no", "hint": ""})
    scene.store._connection.execute("UPDATE runs SET status = 'failed' WHERE id = 2")
    assert load_summary(scene.store) == old
