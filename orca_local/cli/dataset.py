"""`orca-local dataset`: answers into training rows, the strategy erased."""

from __future__ import annotations

from pathlib import Path

import click

from orca_local.cli.diagnostics import write_json
from orca_local.cli.options import Common, common_options
from orca_local.cli.stages import open_pipeline


@click.group("dataset")
def command() -> None:
    """Turn answers into training rows, the strategy erased."""


@command.command("build")
@common_options
def build(common: Common) -> None:
    """Say which answers become training rows, and why the others do not."""
    from orca_local.cli.tables import echo

    with open_pipeline(common) as pipeline:
        summary = pipeline.build_dataset()
    if common.json:
        write_json(summary)
        return
    echo(f"{summary['rows']} rows")
    for reason, count in summary["dropped"].items():
        echo(f"  {count} dropped: {reason}")


@command.command("write")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@common_options
def write(common: Common, path: Path) -> None:
    """Write the rows as chat JSON Lines, as mlx-lm, axolotl and the OpenAI fine-tuning API read them."""
    from orca_local.cli.tables import echo

    with open_pipeline(common) as pipeline:
        count = pipeline.write_dataset(path)
    if common.json:
        write_json({"path": str(path), "rows": count})
        return
    echo(f"{count} rows in {path}")
