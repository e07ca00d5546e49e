"""`orca-local evaluate`: compare base and tuned files on the holdout samples."""

from __future__ import annotations

from typing import Any

import click

from orca_local.cli.detached import stage_options
from orca_local.cli.diagnostics import write_json
from orca_local.cli.options import Common, given
from orca_local.cli.quantized import show_split, show_types
from orca_local.cli.stages import open_pipeline


@click.command("evaluate")
@click.option("--model", "models", multiple=True, metavar="base|tuned|FILE", help="What to evaluate (repeatable).")
@click.option(
    "--quantization",
    "quantizations",
    multiple=True,
    metavar="TYPE",
    help="Of base and tuned (default: the student's). With --split repeatable: these are compared with F16.",
)
@click.option("--split", is_flag=True, help="Say what training gave and what quantizing took, by way of tuned in F16.")
@click.option("--samples", type=click.IntRange(1), help="Holdout samples a task (default: all).")
@stage_options
def command(
    common: Common, models: tuple[str, ...], quantizations: tuple[str, ...], split: bool, samples: int | None
) -> None:
    """Answer the holdout samples with each model, paired, and compare."""
    if split and models:
        raise click.UsageError("--split compares base and tuned: leave out --model")
    if len(quantizations) > 1 and not split:
        raise click.UsageError("base and tuned are compared at one type; several can be compared with --split")
    with open_pipeline(common, {"evaluate": given(samples=samples)}) as pipeline:
        summary = pipeline.evaluate(models or ("base", "tuned"), quantizations, split=split)
    if common.json:
        write_json(summary)
        return
    show_comparison(summary)
    if split:
        show_split(summary["split"])
        show_types(summary)


def show_comparison(summary: dict[str, Any]) -> None:
    """The table base → tuned, per task and overall."""
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
        rows.append(("unseen forms", *(percent(m["unseen"]["accuracy"]) for m in models), ""))
    rows.append(("answer found", *(percent(m["extracted"]) for m in models), ""))
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
