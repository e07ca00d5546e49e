"""`--detach`: run the same command as a process of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from orca_local.cli.diagnostics import write_json
from orca_local.cli.options import Common, common_options

R = TypeVar("R")


def stage_options(function: Callable[..., R]) -> Callable[..., R | None]:
    """Add the common options and `--detach` to a command that may take long."""

    @click.option("--detach", is_flag=True, help="Run it in the background and print the number of the run.")
    @common_options
    @functools.wraps(function)
    def wrapper(common: Common, *args: Any, detach: bool, **kwargs: Any) -> R | None:
        if not detach:
            return function(common, *args, **kwargs)
        detach_command(common)
        return None

    return wrapper


def detach_command(common: Common) -> None:
    """Start the typed command line in the background, and print how to follow it."""
    from orca_local.cli.tables import echo
    from orca_local.runs.launch import launch

    launched = launch(common.workspace(), click.get_current_context().find_root().obj)
    if common.json:
        write_json({"run_id": launched.run_id, "pid": launched.pid, "output": str(launched.output)})
        return
    echo(f"run {launched.run_id} has started, as process {launched.pid}")
    echo(f"follow it with `orca-local runs attach {launched.run_id}`, stop it with `orca-local runs cancel`")
