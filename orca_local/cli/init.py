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
@click.option(
    "--chat-template",
    type=Name(),
    metavar="NAME_OR_FILE",
    help="For a base model without a chat template: chatml, llama3, or a file with a Jinja template.",
)
@common_options
def command(common: Common, directory: Path, student: str | None, chat_template: str | None) -> JsonObject:
    """Create a workspace in DIRECTORY, with a commented orca.toml."""
    from orca_local.domain.settings import StudentSettings
    from orca_local.gguf.given_template import absolute_template
    from orca_local.models.locate import check_student
    from orca_local.runs.workspace import Workspace

    template = absolute_template(chat_template or "", Path.cwd())
    chosen = check_student(student or StudentSettings().file, Path.cwd(), chat_template or "")
    given = {"student": {"chat_template": template}} if template else {}
    workspace = Workspace.create(directory, student=chosen.name, settings=given)
    echo(f"workspace {workspace.directory}, student {chosen.name}")
    if template:
        echo(f"chat template {template}: used everywhere, and written into the files that are exported")
    for warning in chosen.warnings:
        note(f"warning: {warning}")
    echo(f"next: cd {shlex.quote(str(directory))} && orca-local tasks add FILE.jsonl")
    return {"workspace": str(workspace.directory), "student": chosen.name, "warnings": chosen.warnings}
