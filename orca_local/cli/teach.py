"""`orca-local teach`: ask the teacher to answer the training samples with the selected strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orca_local.cli.detached import stage_options
from orca_local.cli.options import Common, JsonObject
from orca_local.cli.stages import open_pipeline
from orca_local.cli.tables import echo
from orca_local.domain.text import counted
from orca_local.kinds.verdict import describe_counts

if TYPE_CHECKING:
    from orca_local.domain.teach_summary import TeachEstimate


@click.command("teach")
@click.option(
    "--limit", type=click.IntRange(1), help="Maximum number of samples; the same limit always selects the same ones."
)
@click.option(
    "--retry-failed", is_flag=True, help="Also ask again what failed for good, such as refused or cut-off answers."
)
@click.option("--estimate", "only_estimate", is_flag=True, help="Show the cost and time it would take, and stop.")
@click.option(
    "--batch", is_flag=True, help="Use the Batch API: collect finished answers, send the other questions, and exit."
)
@click.option("--live", is_flag=True, help="Ask again now what is waiting in a batch.")
@stage_options
def command(
    common: Common, limit: int | None, retry_failed: bool, only_estimate: bool, batch: bool, live: bool
) -> JsonObject:
    """Ask the teacher to answer the training samples. Answers are stored; no call is repeated."""
    with open_pipeline(common) as pipeline:
        if only_estimate:
            pipeline.say_untrainable()
            estimate = pipeline.estimate_teach(limit, retry_failed=retry_failed)
            _show_estimate(estimate)
            return estimate.to_dict()
        summary = pipeline.teach(limit, retry_failed=retry_failed, live=live, batch=batch)
    calls = summary.calls
    echo(f"{counted(calls.new, 'new call')}, {calls.cached:,} cached, {calls.failed:,} failed")
    echo(describe_counts(summary.verdicts or {}))
    if summary.cost_usd:
        echo(f"this run: ${summary.cost_usd:.4f}; this workspace: ${summary.spent_usd:.4f}")
    if summary.doubtful_counts:
        echo(f"{summary.doubtful_counts} of the new answers are charged with the most that they can cost, because the")
        echo("endpoint sent no believable token counts with them")
    for state in summary.batch.states if summary.batch is not None else ():
        echo(f"batch {state.id}: {state.state}, {state.done} of {state.total}")
    if summary.batch is not None and summary.batch.waiting:
        waiting = counted(summary.batch.waiting, "question")
        echo(f"waiting for {waiting}; collect the answers later with `orca-local teach --batch`")
    if summary.not_asked:
        echo(f"not asked, because the limit is reached: {counted(summary.not_asked, 'question')}")
    return summary.to_dict()


def _show_estimate(estimate: TeachEstimate) -> None:
    tokens, usd = estimate.completion_tokens, estimate.usd
    echo(
        f"{counted(estimate.questions, 'question')}, {estimate.cached:,} of them answered already; "
        f"about {estimate.calls:,} calls, {estimate.prompt_tokens:,} tokens to read, {tokens.expected:,} to write "
        f"({tokens.low:,} to {tokens.high:,})"
    )
    if usd is None:
        echo("unknown price: add it to prices.toml")
    else:
        echo(
            f"${usd.expected:.4f} (${usd.low:.4f} to ${usd.high:.4f}, never more than ${usd.at_most:.4f}), "
            f"price: {estimate.price}"
        )
    echo(f"about {estimate.seconds / 60:.1f} minutes ({estimate.basis})")
