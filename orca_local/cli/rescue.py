"""`orca-local rescue`: save what is intact of a damaged database."""

from __future__ import annotations

from pathlib import Path

import click

from orca_local.cli.options import Common, JsonObject, PathArgument, common_options
from orca_local.cli.tables import echo, table


@click.command("rescue")
@click.argument("workspace_directory", metavar="[WORKSPACE]", required=False, type=PathArgument())
@click.option("--to", type=PathArgument(dir_okay=False), help="Write the new database to this file; change nothing.")
@common_options
def command(common: Common, workspace_directory: Path | None, to: Path | None) -> JsonObject:
    """Save what is intact of the damaged database of a workspace.

    A new database takes its place, with every row that can still be read. The damaged one is kept beside it as
    orca.db.damaged.
    """
    from orca_local.runs.rescue import rescue
    from orca_local.runs.workspace import DATABASE_FILE

    directory = workspace_directory or common.directory or common.workspace().directory
    result = rescue(directory / DATABASE_FILE if directory.is_dir() else directory, to)
    if not result.damage:
        echo(f"{directory}: the database is intact")
    else:
        echo(f"damage: {result.damage}")
    if result.tables:
        echo(table(["table", "saved", "lost (at least)"], [(row.name, row.saved, row.lost) for row in result.tables]))
        echo(f"saved in {result.path}" + (f"; the damaged database is {result.kept}" if result.kept else ""))
        lost = {row.name: row.lost for row in result.tables}
        if lost.get("samples"):
            echo("lost samples: add the task files again with `orca-local tasks add`")
        if lost.get("teacher_calls"):
            echo("lost teacher answers: `orca-local teach` asks for them again")
    return result.to_dict()
