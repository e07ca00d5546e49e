"""Prints what an evaluation of benchmarks takes, and what it found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from orca_local.cli.diagnostics import note
from orca_local.cli.tables import echo, percent, table
from orca_local.domain.evaluation_estimate import ModelEstimate
from orca_local.domain.figures import interval, points
from orca_local.domain.text import counted

if TYPE_CHECKING:
    from orca_local.domain.suite_evaluation import ReportedMean, SuiteEstimate, SuiteEvaluation

_MESSAGE_LENGTH = 24
"""Characters of a system message that are shown in a table."""


def announce_pulls(names: Iterable[str], *, quiet: bool) -> None:
    """Say on stderr which of these suites are not on this machine and will be pulled. Raises as `find_suites` does."""
    from orca_local.hub.benchmarks import find_suites
    from orca_local.suites.library import find_pulled

    for suite in find_suites(names):
        if find_pulled(suite) is None and not quiet:
            note(f"{suite.name} is not on this machine: pulling it from {suite.host}:{suite.repo}; {suite.licence}")


def describe_estimate(estimate: SuiteEstimate) -> list[str]:
    """What an evaluation takes, in lines."""
    lines = [
        f"{cost.suite}: {counted(cost.questions, 'question')}, {cost.answers:,} answers, {cost.answered:,} of them here"
        for cost in estimate.suites
    ]
    missing = estimate.answers - estimate.answered
    lines.append(
        f"{', '.join(estimate.models)}: {counted(missing, 'answer')} to generate, about "
        f"{estimate.completion_tokens:,} tokens, {estimate.seconds / 60:.1f} minutes ({estimate.basis})"
    )
    return lines + describe_calls(estimate.endpoints)


def describe_calls(endpoints: Sequence[ModelEstimate]) -> list[str]:
    """What models behind endpoints would be asked, and what that would cost, in lines."""
    return [
        f"{one.model} ({one.source}): {counted(one.calls, 'call')} of {one.answers:,} to make, about ${one.usd:.4f}, "
        f"never more than ${one.at_most_usd:.4f}; ${one.spent_usd:.4f} spent before"
        + (f", limit: {one.limit}" if one.limit else "")
        for one in endpoints
    ]


def show_suites(summary: SuiteEvaluation) -> None:
    """Print the scores of each model on each benchmark, the differences, and what the literature reports."""
    rows = [
        (
            *(one.suite, message_label(one.system_message), one.model, one.n, percent(one.ours.accuracy)),
            *(interval(one.ours.ci), percent(one.references[0].accuracy), percent(one.no_answer)),
            *(percent(one.truncated), one.too_long or "", f"{one.tokens:.0f}"),
        )
        for one in summary.results
    ]
    names = ["suite", "system message", "model", "n", "ours", "interval", "reference", "no answer", "cut off"]
    echo(table([*names, "too long", "tokens"], rows))
    echo("ours: the answer that a careful person takes from the text · interval: 95 %, over questions like these")
    for suite in summary.suites:
        share = "" if suite.asked == suite.questions else f"{suite.asked:,} of {suite.questions:,} questions; "
        here = "" if suite.is_complete else "not all published rows are here; "
        echo(f"{suite.name}: {share}{here}reference: the rule of {suite.references[0]}, on our prompts")
    _show_further(summary)
    if summary.differences:
        _show_differences(summary)
    if summary.means:
        means = [
            (one.model, message_label(one.system_message), percent(one.ours), interval(one.ci), percent(one.reference))
            for one in summary.means
        ]
        echo(f"\nmean over the {summary.means[0].suites} suites, each with the same weight")
        echo(table(["model", "system message", "ours", "interval", "reference"], means))
    show_reported(summary.reported)
    echo(f"\n{counted(summary.new, 'new answer')}, {summary.cached:,} from the store · {summary.seconds:.0f} s")


def _show_differences(summary: SuiteEvaluation) -> None:
    rows = [
        (
            *(one.suite, message_label(one.system_message), f"{one.before} → {one.after}", one.n, points(one.value)),
            *(interval(one.ci), f"{one.p_value:.2g}", f"{one.p_holm:.2g}", points(one.reference_value)),
        )
        for one in summary.differences
    ]
    echo("\ndifferences in points, on the same questions")
    echo(table(["suite", "system message", "models", "n", "ours", "interval", "p", "Holm", "reference"], rows))
    echo("p: of each difference alone · Holm: corrected for the number of differences; intervals are not")


def _show_further(summary: SuiteEvaluation) -> None:
    """Print where further models are, what they cost, and what they did not answer."""
    for one in summary.further:
        missing = sum(row.missing for row in summary.results if row.model == one.model)
        asked = [row for row in summary.results if row.model == one.model]
        facts = [one.source, "" if one.cost_usd is None else f"${one.cost_usd:.4f} in this workspace"]
        facts.append("" if asked else "no answer")
        facts.append(f"{counted(missing, 'answer')} missing, and left out of its figures" if missing else "")
        echo(f"{one.model}: {' · '.join(filter(None, facts))}")


def show_reported(reported: Sequence[ReportedMean]) -> None:
    """Print what the literature reports for the same benchmarks, apart from what was measured here."""
    if not reported:
        return
    echo("\nreported in the literature, with another harness and other prompts: not to be compared directly")
    echo(table(["model", "mean", ""], [(one.model, percent(one.mean), one.note) for one in reported]))
    echo(f"source: {reported[0].source}")


def message_label(text: str) -> str:
    """A system message in a table; `empty` for an empty one."""
    line = " ".join(text.split())
    shown = line if len(line) <= _MESSAGE_LENGTH else f"{line[: _MESSAGE_LENGTH - 1]}…"
    return f'"{shown}"' if line else "empty"
