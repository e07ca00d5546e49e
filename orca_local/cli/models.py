"""`orca-local models`: list, download and inspect models."""

from __future__ import annotations

from pathlib import Path

import click

from orca_local.cli.diagnostics import note
from orca_local.cli.options import Common, JsonObject, Name, common_options
from orca_local.cli.tables import echo, table
from orca_local.domain.figures import size


@click.group("models")
def command() -> None:
    """List, download and inspect models."""


@command.command("list")
@common_options
def list_models(common: Common) -> JsonObject:
    """List the models of the catalog, and which of them are on this machine."""
    from orca_local.models.known_hash import known_sha256
    from orca_local.models.listing import view_models
    from orca_local.system.memory import total_memory

    memory = total_memory()
    models = [(view.model, view.path, view.fits(memory)) for view in view_models()]
    rows = [
        (
            m.id,
            m.quantization,
            size(m.bytes),
            f"{m.memory_gb:g} GB" + (", too large" if fits is False else ""),
            m.licence,
            "on disk" if path else f"from {m.source}",
        )
        for m, path, fits in models
    ]
    echo(table(["id", "type", "file", "memory", "licence", "where"], rows))
    names = ("id", "repo", "file", "licence", "quantization", "parameters", "bytes", "memory_gb")
    return {
        "models": [
            {name: getattr(m, name) for name in names}
            | {"fits": fits, "path": str(path) if path else None, "sha256": known_sha256(m)}
            for m, path, fits in models
        ]
    }


@command.command("pull")
@click.argument("model_id", metavar="ID")
@common_options
def pull_model(common: Common, model_id: str) -> JsonObject | None:
    """Download a model of the catalog. An interrupted download continues where it stopped."""
    from orca_local.cli.display import Display
    from orca_local.domain.events import StageProgressed, StageStarted
    from orca_local.models.catalog import find_model
    from orca_local.models.download import pull
    from orca_local.models.known_hash import known_hash
    from orca_local.system.digest import file_sha256

    model = find_model(model_id)
    with Display(quiet=common.quiet) as display:
        display(StageStarted("pull", model.bytes >> 20, "MiB"))
        path = pull(
            model, offline=common.offline, progress=lambda done, total: display(StageProgressed(done=done >> 20))
        )
    known = known_hash(model, path)
    sha256 = known.sha256 if known else file_sha256(path)
    if common.json:
        return {"path": str(path), "sha256": sha256}
    echo(str(path))
    echo(f"sha256 {sha256}" + (f" ({known.origin})" if known else ""))
    note(f'use it with: orca-local init DIR --student "{model.id}"')
    return None


@command.command("inspect")
@click.argument("file", type=Name(), metavar="FILE_OR_ID")
@common_options
def inspect_model(common: Common, file: str) -> JsonObject:
    """Describe a GGUF file from its header."""
    from orca_local.gguf.inspect import describe
    from orca_local.models.locate import resolve_student

    description = describe(resolve_student(file, Path.cwd()))
    shown = {
        **description,
        "tensor_types": ", ".join(f"{count} {kind}" for kind, count in description["tensor_types"].items()),
        "chat_template": f"{len(description['chat_template'])} characters" if description["chat_template"] else "none",
        "trainable": "yes" if description["trainable"] else "no",
        **{
            key: "\n                 ".join(description[key]) or "none"
            for key in ("problems", "untrainable", "warnings")
        },
    }
    for key, value in shown.items():
        echo(f"{key:16} {value}")
    return description
