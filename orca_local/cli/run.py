"""`orca-local run`: run all stages."""

from __future__ import annotations

import click

from orca_local.cli.detached import stage_options
from orca_local.cli.evaluate import show_comparison
from orca_local.cli.options import Common, JsonObject
from orca_local.cli.stages import open_pipeline


@click.command("run")
@stage_options
def command(common: Common) -> JsonObject:
    """Run probe, teach, dataset, train, export and evaluate. Finished work is not repeated."""
    with open_pipeline(common) as pipeline:
        result = pipeline.run_all()
    show_comparison(result.evaluation)
    return result.to_dict()
