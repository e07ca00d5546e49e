"""`orca-local init DIR`: create a workspace."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from orca_local.cli.diagnostics import note
from orca_local.cli.options import Common, JsonObject, Name, PathArgument, common_options
from orca_local.cli.tables import echo


@click.command("init")
@click.argument("directory", type=PathArgument())
@click.option(
    "--student", type=Name(), metavar="ID_OR_GGUF", help="An id from `orca-local models list`, or a GGUF file."
)
@common_options
def command(common: Common, directory: Path, student: str | None) -> JsonObject:
    """Create a workspace in DIRECTORY, with a commented orca.toml."""
    from orca_local.domain.settings import StudentSettings
    from orca_local.models.locate import check_student
    from orca_local.runs.workspace import Workspace

    chosen = check_student(student or StudentSettings().file, Path.cwd())
    workspace = Workspace.create(directory, student=chosen.name)
    echo(f"workspace {workspace.directory}, student {chosen.name}")
    for warning in chosen.warnings:
        note(f"warning: {warning}")
    echo(f"next: cd {shlex.quote(str(directory))} && orca-local tasks add FILE.jsonl")
    return {"workspace": str(workspace.directory), "student": chosen.name, "warnings": chosen.warnings}
