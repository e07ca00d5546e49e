"""`orca-local teach`: gather the teacher's answers under the chosen strategies."""

from __future__ import annotations

from typing import Any

import click

from orca_local.cli.detached import stage_options
from orca_local.cli.diagnostics import write_json
from orca_local.cli.options import Common
from orca_local.cli.stages import open_pipeline


@click.command("teach")
@click.option("--limit", type=click.IntRange(1), help="Teach at most this many samples, always the same ones.")
@click.option("--retry-failed", is_flag=True, help="Ask again what failed for good: refusals, cut answers.")
@click.option("--estimate", "only_estimate", is_flag=True, help="Say what it would cost and take, and do nothing.")
@click.option("--batch", is_flag=True, help="Through the Batch API: collect what is answered, send the rest, and end.")
@click.option("--live", is_flag=True, help="Ask also what waits in a batch.")
@stage_options
def command(
    common: Common, limit: int | None, retry_failed: bool, only_estimate: bool, batch: bool, live: bool
) -> None:
    """Gather the teacher's answers; a call that was answered once is never made again."""
    from orca_local.cli.tables import echo

    if only_estimate:
        with open_pipeline(common) as pipeline:
            found = pipeline.estimate_teach(limit)
        if common.json:
            write_json(found)
        else:
            _show_estimate(found)
        return
    with open_pipeline(common) as pipeline:
        summary = pipeline.teach(limit, retry_failed=retry_failed, live=live, batch=batch)
    if common.json:
        write_json(summary)
        return
    calls = summary["calls"]
    echo(
        f"{calls['new']} calls new, {calls['cached']} cached, {calls['failed']} failed · "
        f"{summary['verified']} verified, {summary['rejected']} differ from the reference"
    )
    if summary["cost_usd"]:
        echo(f"${summary['cost_usd']:.4f} by this run, ${summary['spent_usd']:.4f} in this workspace")
    for state in summary.get("batch", {}).get("states", []):
        echo(f"batch {state['id']}: {state['state']}, {state['done']} of {state['total']}")
    if summary.get("batch", {}).get("waiting"):
        echo(f"{summary['batch']['waiting']} questions wait: come back with `orca-local teach --batch`")
    if summary["not_asked"]:
        echo(f"{summary['not_asked']} questions were not asked: a cap is reached")


def _show_estimate(found: dict[str, Any]) -> None:
    from orca_local.cli.tables import echo

    answers, usd = found["completion_tokens"], found["usd"]
    echo(
        f"{found['questions']:,} questions, {found['cached']:,} of them answered already; "
        f"about {found['calls']:,} calls, {found['prompt_tokens']:,} tokens to read, {answers['expected']:,} to write "
        f"({answers['low']:,} to {answers['high']:,})"
    )
    if usd is None:
        echo("the price is not known: write it into prices.toml")
    else:
        echo(
            f"${usd['expected']:.4f} (${usd['low']:.4f} to ${usd['high']:.4f}, never more than ${usd['at_most']:.4f}), "
            f"price: {found['price']}"
        )
    echo(f"about {found['seconds'] / 60:.1f} minutes; from {found['basis']}")
