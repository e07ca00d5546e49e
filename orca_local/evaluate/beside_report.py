"""The part of the report that compares several models on the holdout."""

from __future__ import annotations

from orca_local.domain.evaluation_summary import Beside, Difference, EvaluationSummary
from orca_local.domain.figures import interval, points
from orca_local.evaluate.markdown import percent, table


def render_models(summary: EvaluationSummary) -> list[str]:
    """All models over all tasks, and their differences; empty where only base and tuned were evaluated."""
    models = summary.models
    if len(models) <= 2 and not any(model.source for model in models):
        return []
    rows = [
        (
            *(model.model, model.n, f"{percent(model.accuracy)} {interval(model.ci)}", percent(1 - model.extracted)),
            *(percent(model.truncated), "–" if model.tokens is None else f"{model.tokens:.0f}", model.missing or 0),
            *(model.source or "", "–" if model.cost_usd is None else f"{model.cost_usd:.4f}"),
        )
        for model in models
    ]
    headings = [
        "model",
        "n",
        "accuracy, %",
        "no answer, %",
        "cut off, %",
        "tokens an answer",
        "missing",
        "where",
        "US$",
    ]
    return [
        "### Models\n",
        table(headings, rows),
        "*Missing*: prompts that an endpoint did not answer; all figures leave them out. *US$*: what all calls of this "
        "workspace have cost.\n",
        *([] if summary.beside is None else _differences(summary.beside)),
    ]


def _differences(beside: Beside) -> list[str]:
    against = f"against {beside.reference}, points"
    rows = [(one.model, one.n, _difference(one), f"{one.p_value:.2g}", f"{one.p_holm:.2g}") for one in beside.models]
    by_task = [
        (task.task, one.model, task.n, _difference(task), f"{task.p_holm:.2g}")
        for one in beside.models
        for task in one.tasks
    ]
    return [
        table(["model", "n", against, "p", "p (Holm)"], rows),
        table(["task", "model", "n", against, "p (Holm)"], by_task),
        "Differences are paired on the samples that both models answered. p: exact McNemar test, and where scores are "
        "partial a test by random signs. *Holm*: corrected for the number of comparisons in the table; the intervals "
        "are not.\n",
    ]


def _difference(one: Difference) -> str:
    return f"{points(one.value)} {interval(one.ci)}"
