"""`orca-local tui`: the terminal interface."""

from __future__ import annotations

import os
import sys

import click

from orca_local.cli.options import Common, common_options


@click.command("tui")
@common_options
def command(common: Common) -> None:
    """Open the terminal interface. Runs that it starts continue when it is closed."""
    open_interface(common)


def on_terminal() -> bool:
    """Whether there is a terminal to read keys from and to draw on, or a browser instead."""
    if os.environ.get("TEXTUAL_DRIVER"):  # set by `textual serve`, which talks to the interface through pipes
        return True
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def open_interface(common: Common) -> None:
    """Run the interface until it is closed. Raises `InputError` if there is no terminal."""
    from orca_local.domain.errors import InputError

    if not on_terminal():
        raise InputError("the interface needs a terminal", hint="see `orca-local --help` for the commands")
    from tui import run

    run(common.directory)
