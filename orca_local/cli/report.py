"""`orca-local report`: write the results as Markdown."""

from __future__ import annotations

from pathlib import Path

import click

from orca_local.cli.options import Common, JsonObject, PathArgument, common_options
from orca_local.cli.stages import renew_scores
from orca_local.cli.tables import echo


@click.command("report")
@click.option("-o", "--output", type=PathArgument(dir_okay=False), help="File to write instead of stdout.")
@common_options
def command(common: Common, output: Path | None) -> JsonObject:
    """Write the results of probe and evaluation as Markdown."""
    from orca_local.evaluate.report import render_report, write_report

    workspace = common.workspace()
    with workspace.store() as store:
        renew_scores(store, quiet=common.quiet)
        text = render_report(store)
    if output is not None:
        write_report(output, text)
    path = str(output) if output else None
    echo(path or text)
    return {"path": path, "markdown": text}
