"""`orca-local export`: merge the adapter, quantize, test, and write a GGUF."""

from __future__ import annotations

from pathlib import Path

import click

from orca_local.cli.detached import stage_options
from orca_local.cli.options import Common, JsonObject, Name, typed
from orca_local.cli.stages import open_pipeline
from orca_local.cli.tables import echo
from orca_local.domain.figures import size


@click.command("export")
@click.option(
    "--quantization",
    "quantizations",
    type=Name(),
    multiple=True,
    metavar="TYPE",
    help="Type to write, such as Q8_0 (repeatable).",
)
@click.option("--imatrix", type=Name(), metavar="auto|none|FILE", help="Importance matrix for types below 8 bits.")
@click.option(
    "--adapter-only", is_flag=True, help="Write the adapter alone, for llama.cpp's --lora and chat --adapter."
)
@stage_options
def command(common: Common, quantizations: tuple[str, ...], imatrix: str | None, adapter_only: bool) -> JsonObject:
    """Merge the adapter, quantize, and write the file if it passes the acceptance test."""
    from orca_local.cli.quantized import show_types

    if adapter_only and (quantizations or imatrix):
        raise click.UsageError("--adapter-only does not quantize: do not give --quantization and --imatrix")
    if imatrix not in (None, "auto", "none"):
        imatrix = str(
            Path(imatrix).absolute()
        )  # the setting is relative to the workspace, the option to the current directory
    with open_pipeline(common, {"export": typed(quantizations=quantizations, imatrix=imatrix)}) as pipeline:
        summary = pipeline.export_adapter() if adapter_only else pipeline.export()
    for file in summary.files:
        echo(f"{file.path}  {file.quantization}  {size(file.bytes)}  sha256 {file.sha256[:16]}…")
    show_types(summary.types, summary.recommendation)
    return summary.to_dict()
