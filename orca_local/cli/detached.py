"""`--detach`: run the same command as a process of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from orca_local.cli.options import Common, JsonObject, common_options
from orca_local.cli.tables import echo


def stage_options(function: Callable[..., JsonObject]) -> Callable[..., int]:
    """Add the common options and `--detach` to a command that may take long."""

    @click.option("--detach", is_flag=True, help="Run it in the background and print the number of the run.")
    @common_options
    @functools.wraps(function)
    def wrapper(common: Common, *args: Any, detach: bool, **kwargs: Any) -> JsonObject:
        return detach_command(common) if detach else function(common, *args, **kwargs)

    return wrapper


def detach_command(common: Common) -> JsonObject:
    """Start the typed command line in the background, and print how to follow it."""
    from orca_local.runs.launch import launch

    launched = launch(common.workspace(), click.get_current_context().find_root().obj)
    echo(f"run {launched.run_id} has started, as process {launched.pid}")
    echo(f"follow it with `orca-local runs attach {launched.run_id}`, stop it with `orca-local runs cancel`")
    return {"run_id": launched.run_id, "pid": launched.pid, "output": str(launched.output)}
