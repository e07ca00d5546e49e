"""`orca-local run`: run all stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orca_local.cli.detached import stage_options
from orca_local.cli.evaluate import show_comparison
from orca_local.cli.options import Common, JsonObject
from orca_local.cli.stages import open_pipeline
from orca_local.cli.tables import echo, table
from orca_local.domain.figures import interval, points

if TYPE_CHECKING:
    from orca_local.domain.summaries import SeedSummary


@click.command("run")
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=1,
    metavar="N",
    help="Train with N seeds, from train.seed on, and show how much the gain differs. `tuned` stays that of train.seed."
    " While a further seed is trained, it needs disk space for a copy of the database, its checkpoints and one model.",
)
@stage_options
def command(common: Common, seeds: int) -> JsonObject:
    """Run probe, teach, dataset, train, export and evaluate. Finished work is not repeated."""
    from orca_local.pipeline.seeds import run_all

    with open_pipeline(common) as pipeline:
        result = run_all(pipeline, seeds)
    show_comparison(result.evaluation)
    if result.seeds is not None:
        show_seeds(result.seeds)
    return result.to_dict()


def show_seeds(summary: SeedSummary) -> None:
    """Print the gain with each seed, and their spread."""
    rows = [(one.seed, points(one.gain.value), interval(one.gain.ci)) for one in summary.trainings]
    echo()
    echo(table(["training seed", "gain", "95 % interval"], rows))
    deviation = (
        "" if summary.standard_deviation is None else f", standard deviation {100 * summary.standard_deviation:.1f}"
    )
    spread = f"mean {points(summary.mean)} points, from {points(summary.min)} to {points(summary.max)}{deviation}"
    echo(f"{len(summary.trainings)} training seeds: {spread}")
