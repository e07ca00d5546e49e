"""`orca-local quickstart`: run the whole pipeline on the starter tasks and the embedded student."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import click

from orca_local.cli.diagnostics import note
from orca_local.cli.evaluate import show_comparison
from orca_local.cli.options import Common, JsonObject, PathArgument, common_options
from orca_local.cli.tables import echo


@click.command("quickstart")
@click.argument("directory", type=PathArgument(), default="orca-quickstart")
@common_options
def command(common: Common, directory: Path) -> JsonObject:
    """Run the whole pipeline once in DIRECTORY, without a key or a network.

    The student is a real model. The teacher's answers were written by a program beforehand.
    """
    from orca_local.cli.display import Display
    from orca_local.pipeline.quickstart import quickstart

    if not common.quiet:
        note(
            f"quickstart in {directory}: fifteen to twenty-five minutes on two cores; if it is stopped, run it "
            "again to continue"
        )
    with Display(quiet=common.quiet) as display:
        summary, evaluation = quickstart(directory, offline=common.offline, on_event=display)
    for task, strategy in summary.strategies.items():
        echo(f"{task}: {strategy}")
    echo()
    show_comparison(evaluation)
    echo("\nThe student is a real model; the teacher's answers of the starter were written by a program.")
    total = sum(summary.seconds.values())
    echo(f"{total:.0f} s in total; the tuned model is {summary.export.path}")
    echo(f"next: {_program()} chat -w {shlex.quote(str(directory))}")
    return summary.to_dict()


def _program() -> str:
    """How to type this program: its name if the shell finds it, else the path under which it runs."""
    path = Path(sys.argv[0])
    if shutil.which("orca-local") or path.name == "__main__.py":
        return "orca-local"
    return shlex.quote(os.path.relpath(path))
