"""The part of the report that is about benchmarks."""

from __future__ import annotations

from orca_local.domain.figures import interval, points
from orca_local.domain.suite_evaluation import SuiteEvaluation
from orca_local.evaluate.markdown import cell, percent, table


def render_suites(summary: SuiteEvaluation) -> str:
    """The newest results on benchmarks, in Markdown."""
    parts = [
        "## Benchmarks\n",
        "Accuracy in percent, zero-shot and greedy, without a line that asks for a form: Orca 2-style, because not all "
        "prompts of the paper are published. *Ours* counts the answer that a careful person takes from the text, with "
        "its 95 % interval over questions like these. *Reference* is the rule of another harness, on the same answers. "
        "*No answer*: ours finds none. *Too long*: questions without room for an answer in the context; they count "
        "0.\n",
        _results(summary),
        _suites(summary),
    ]
    if summary.further:
        parts += [_further(summary)]
    if summary.differences:
        parts += ["Differences in points, on the same questions:\n", _differences(summary)]
    if summary.means:
        rows = [
            (one.model, _message(one.system_message), f"{percent(one.ours)} {interval(one.ci)}", percent(one.reference))
            for one in summary.means
        ]
        parts += [
            f"Mean over the {summary.means[0].suites} benchmarks, each with the same weight:\n",
            table(["model", "system message", "ours", "reference"], rows),
        ]
    if summary.reported:
        parts += [
            "Reported in the literature, with another harness and other prompts, so that it cannot be compared "
            f"directly ({cell(summary.reported[0].source)}):\n",
            table(["model", "mean", "note"], [(one.model, percent(one.mean), one.note) for one in summary.reported]),
        ]
    return "\n".join(parts)


def _results(summary: SuiteEvaluation) -> str:
    rows = [
        (
            *(one.suite, _message(one.system_message), one.model, one.n),
            *(f"{percent(one.ours.accuracy)} {interval(one.ours.ci)}", percent(one.references[0].accuracy)),
            *(percent(one.no_answer), percent(one.truncated), one.too_long, f"{one.tokens:.0f}"),
        )
        for one in summary.results
    ]
    headings = ["benchmark", "system message", "model", "n", "ours", "reference", "no answer", "cut off", "too long"]
    return table([*headings, "tokens an answer"], rows)


def _suites(summary: SuiteEvaluation) -> str:
    rows = [
        (
            *(one.name, f"{one.asked:,} of {one.questions:,}", one.references[0], one.place),
            *(one.commit[:12] or "–", one.digest[:12], "yes" if one.is_complete else "no"),
        )
        for one in summary.suites
    ]
    headings = ["benchmark", "questions", "reference", "from", "commit", "sha256", "all published rows"]
    return table(headings, rows)


def _further(summary: SuiteEvaluation) -> str:
    """Where further models are, what they cost, and what they did not answer; all figures leave that out."""
    rows = [
        (
            *(one.model, one.source, "–" if one.cost_usd is None else f"{one.cost_usd:.4f}"),
            sum(row.missing for row in summary.results if row.model == one.model),
        )
        for one in summary.further
    ]
    return table(["model", "where", "US$ in this workspace", "missing answers"], rows)


def _differences(summary: SuiteEvaluation) -> str:
    rows = [
        (
            *(one.suite, _message(one.system_message), f"{one.before} → {one.after}", one.n),
            *(f"{points(one.value)} {interval(one.ci)}", f"{one.p_value:.2g}", f"{one.p_holm:.2g}"),
            points(one.reference_value),
        )
        for one in summary.differences
    ]
    return table(["benchmark", "system message", "models", "n", "ours", "p", "p (Holm)", "reference"], rows)


def _message(text: str) -> str:
    return text or "(empty)"
