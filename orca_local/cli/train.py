"""`orca-local train`: fine-tune the student."""

from __future__ import annotations

from typing import Any

import click

from orca_local.cli.detached import stage_options
from orca_local.cli.options import Common, FiniteRange, JsonObject, typed
from orca_local.cli.stages import open_pipeline
from orca_local.cli.tables import echo


@click.command("train")
@click.option("--backend", type=click.Choice(["auto", "torch", "mlx"]), help="Framework that computes the training.")
@click.option("--epochs", type=FiniteRange(0, min_open=True), help="Number of passes over the rows.")
@click.option("--max-steps", type=click.IntRange(1), help="Stop after this many steps.")
@click.option("--rank", type=click.IntRange(1), help="Rank of the adapter.")
@click.option("--learning-rate", type=FiniteRange(0, min_open=True), help="Peak learning rate.")
@click.option("--resume", is_flag=True, help="Resume the unfinished training; fail if it cannot be resumed.")
@stage_options
def command(common: Common, resume: bool, **settings: Any) -> JsonObject:
    """Fine-tune the student. An interrupted training continues where it stopped.

    If rows or settings changed in between, a new training starts and the changes are named.
    """
    with open_pipeline(common, {"train": typed(**settings)}) as pipeline:
        summary = pipeline.train(must_resume=resume)
    validation = "–" if summary.validation_loss is None else f"{summary.validation_loss:.4f}"
    echo(
        f"{summary.steps} steps · loss {summary.train_loss:.4f}, validation {validation} · "
        f"{summary.tokens_per_second:.0f} tokens/s · {summary.seconds:.0f} s"
    )
    echo(f"adapter {summary.adapter}")
    return summary.to_dict()
