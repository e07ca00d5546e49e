"""`--detach`: the same command in a process of its own."""

from __future__ import annotations

import click

from orca_local.cli.diagnostics import write_json
from orca_local.cli.options import Common


def detach_command(common: Common) -> None:
    """Start the command line that was typed, and say how to follow it."""
    from orca_local.cli.tables import echo
    from orca_local.runs.launch import launch

    launched = launch(common.workspace(), click.get_current_context().find_root().obj)
    if common.json:
        write_json({"run_id": launched.run_id, "pid": launched.pid, "output": str(launched.output)})
        return
    echo(f"run {launched.run_id} has begun, as process {launched.pid}")
    echo(f"follow it with `orca-local runs attach {launched.run_id}`, end it with `orca-local runs cancel`")
