"""`orca-local bundle`: write a workspace to one file, or restore it."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from orca_local.cli.options import Common, JsonObject, PathArgument, common_options
from orca_local.cli.tables import echo
from orca_local.domain.text import printable


@click.group("bundle")
def command() -> None:
    """Write a workspace to one file, without keys and paths of this machine, or restore it from one."""


@command.command("write")
@click.argument("path", type=PathArgument(dir_okay=False))
@common_options
def write(common: Common, path: Path) -> JsonObject:
    """Write the tasks, answers and results of this workspace to the SQLite file PATH."""
    from orca_local.pipeline import bundle

    written = bundle.write(common.workspace(), path)
    rows = written.rows
    echo(
        f"{path} ({path.stat().st_size / 1e6:.1f} MB): {rows['samples']:,} samples, "
        f"{rows['generations']:,} generations, "
        f"{rows['teacher_calls']:,} teacher calls"
    )
    echo(f"sha256 {written.sha256}")
    return written.to_dict()


@command.command("read")
@click.argument("path", type=PathArgument())
@click.argument("directory", type=PathArgument(file_okay=False))
@click.option(
    "--allow-endpoints",
    is_flag=True,
    help="Allow calls to the endpoints that the bundle names, with the keys in the variables that it names.",
)
@common_options
def read(common: Common, path: Path, directory: Path, allow_endpoints: bool) -> JsonObject:
    """Create a workspace in DIRECTORY from the bundle PATH, after checking that it was not changed.

    Nothing is sent to the endpoints that the bundle names until you allow it.
    """
    from orca_local.domain.endpoint_settings import heading
    from orca_local.pipeline import bundle

    restored = bundle.read(path, directory, allow_endpoints=allow_endpoints)
    rows = restored.rows
    echo(f"workspace {restored.path}: {rows['samples']:,} samples, {rows['teacher_calls']:,} teacher calls")
    for endpoint in restored.endpoints:
        echo(f"{endpoint.section}: {printable(endpoint.base_url)}, with the key in {endpoint.key_env}")
        if not endpoint.allowed:
            section = heading(endpoint.section)
            echo(f"  nothing is sent there until you set allow_calls = true under {section} in orca.toml")
    echo(f"next: cd {shlex.quote(str(directory))} && orca-local report")
    return restored.to_dict()
