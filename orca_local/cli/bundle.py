"""`orca-local bundle`: a workspace as one file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from orca_local.cli.diagnostics import write_json
from orca_local.cli.options import Common, common_options


@click.group("bundle")
def command() -> None:
    """Write or read all that another person needs to repeat it offline: no keys, no paths of this machine."""


@command.command("write")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@common_options
def write(common: Common, path: Path) -> None:
    """Write tasks, probes, teacher calls and evaluations of this workspace into one SQLite file."""
    from orca_local.cli.tables import echo
    from orca_local.pipeline import bundle

    written = bundle.write(common.workspace(), path)
    if common.json:
        write_json(written.to_dict())
        return
    rows = written.rows
    echo(
        f"{path} ({path.stat().st_size / 1e6:.1f} MB): {rows['samples']:,} samples, "
        f"{rows['generations']:,} generations, "
        f"{rows['teacher_calls']:,} teacher calls"
    )
    echo(f"sha256 {written.sha256}")


@command.command("read")
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@common_options
def read(common: Common, path: Path, directory: Path) -> None:
    """Make a workspace in DIRECTORY from a bundle, after checking that nobody changed it."""
    from orca_local.cli.tables import echo
    from orca_local.pipeline import bundle

    found = bundle.read(path, directory)
    if common.json:
        write_json(found.to_dict())
        return
    echo(f"workspace {found.path}: {found.rows['samples']:,} samples, {found.rows['teacher_calls']:,} teacher calls")
    echo(f"next: cd {directory} && orca-local report")
