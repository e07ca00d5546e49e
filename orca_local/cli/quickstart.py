"""`orca-local quickstart`: the whole pipeline on the starter tasks and the embedded student."""

from __future__ import annotations

from pathlib import Path

import click

from orca_local.cli.diagnostics import note, write_json
from orca_local.cli.evaluate import show_comparison
from orca_local.cli.options import Common, common_options


@click.command("quickstart")
@click.argument("directory", type=click.Path(path_type=Path), default="orca-quickstart")
@common_options
def command(common: Common, directory: Path) -> None:
    """Run everything once, without a key or a network: a real student, and a program as the teacher."""
    from orca_local.cli.display import Display
    from orca_local.pipeline.quickstart import quickstart

    if not common.quiet:
        note(f"quickstart in {directory}: ten to twenty minutes on two cores; run it again to go on after a stop")
    with Display(quiet=common.quiet) as display:
        summary, evaluation = quickstart(directory, offline=common.offline, on_event=display)
    if common.json:
        write_json(summary)
        return
    from orca_local.cli.tables import echo

    for task, strategy in summary["strategies"].items():
        echo(f"{task}: {strategy}")
    echo()
    show_comparison(evaluation)
    echo("\nThe student is real; the starter's teacher is a program that wrote worked answers.")
    total = sum(summary["seconds"].values())
    echo(f"{total:.0f} s in all; the tuned model is {summary['export']['path']}")
    echo(f"next: orca-local chat -w {directory}")
