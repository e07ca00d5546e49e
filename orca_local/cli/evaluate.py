"""`orca-local evaluate`: compare base and tuned on the holdout samples."""

from __future__ import annotations

from typing import Any

import click

from orca_local.cli.detached import stage_options
from orca_local.cli.diagnostics import write_json
from orca_local.cli.options import Common, typed
from orca_local.cli.quantized import show_split, show_types
from orca_local.cli.stages import open_pipeline


@click.command("evaluate")
@click.option("--model", "models", multiple=True, metavar="base|tuned|FILE", help="Model to evaluate (repeatable).")
@click.option(
    "--quantization",
    "quantizations",
    multiple=True,
    metavar="TYPE",
    help="Type of base and tuned (default: the student's). With --split repeatable: each is compared with F16.",
)
@click.option("--split", is_flag=True, help="Separate what training gained from what quantization cost.")
@click.option("--samples", type=click.IntRange(1), help="Holdout samples per task (default: all).")
@stage_options
def command(
    common: Common, models: tuple[str, ...], quantizations: tuple[str, ...], split: bool, samples: int | None
) -> None:
    """Let each model answer the same holdout samples, and compare them."""
    if split and models:
        raise click.UsageError("--split compares base and tuned: do not give --model")
    if len(quantizations) > 1 and not split:
        raise click.UsageError("base and tuned are compared at one type; use --split to compare several")
    with open_pipeline(common, {"evaluate": typed(samples=samples)}) as pipeline:
        summary = pipeline.evaluate(models or ("base", "tuned"), quantizations, split=split)
    if common.json:
        write_json(summary)
        return
    show_comparison(summary)
    if split:
        show_split(summary["split"])
        show_types(summary)


def show_comparison(summary: dict[str, Any]) -> None:
    """Print the accuracy of each model, per task and overall, and the gain."""
    from orca_local.cli.tables import echo, interval, percent, points, table

    models = summary["models"]
    gains = {row["task"]: row for row in summary.get("gain", {}).get("tasks", [])}
    tasks = [row["task"] for row in models[0]["tasks"]]
    accuracy = {m["model"]: {row["task"]: row["accuracy"] for row in m["tasks"]} for m in models}
    names = [m["model"] for m in models]
    rows: list[tuple[object, ...]] = [
        (task, *(percent(accuracy[name].get(task)) for name in names), points(gains.get(task, {}).get("value")))
        for task in tasks
    ]
    overall = summary.get("gain", {})
    rows.append(("all", *(percent(m["accuracy"]) for m in models), points(overall.get("value"))))
    if all("unseen" in m for m in models):
        rows.append(("unseen question types", *(percent(m["unseen"]["accuracy"]) for m in models), ""))
    rows.append(("readable answer", *(percent(m["extracted"]) for m in models), ""))
    echo(table(["task", *names, "gain"], rows))
    if overall:
        p_value = overall["p_value"]
        echo(
            f"gain {points(overall['value'])} points, 95 % interval {interval(overall['ci'])}, "
            f"n = {overall['n']}" + ("" if p_value is None else f", p = {p_value:.2g} (McNemar, exact)")
        )
        for row in overall["by_system_message"]:
            label = f'system message "{row["system_message"]}"' if row["system_message"] else "empty system message"
            echo(f"  {label}: {points(row['value'])} {interval(row['ci'])}")
