"""`orca-local probe`: measure the student under every strategy and choose one per task."""

from __future__ import annotations

from typing import Any

import click

from orca_local.cli.diagnostics import write_json
from orca_local.cli.options import Common, common_options, given
from orca_local.cli.stages import open_pipeline


@click.command("probe")
@click.option("--task", "tasks", multiple=True, metavar="T", help="Only this task (repeatable).")
@click.option("--strategy", "strategies", multiple=True, metavar="S", help="Only this strategy (repeatable).")
@click.option("--method", type=click.Choice(["exhaustive"]), help="How cells are chosen for measuring.")
@click.option("--samples", type=click.IntRange(1), help="Probe samples a task (default: all).")
@common_options
def command(
    common: Common, tasks: tuple[str, ...], strategies: tuple[str, ...], method: str | None, samples: int | None
) -> None:
    """Measure the student under every strategy and choose one per task."""
    overrides = {"probe": given(method=method, samples=samples)}
    with open_pipeline(common, overrides) as pipeline:
        summary = pipeline.probe(tasks, strategies)
    if common.json:
        write_json(summary)
    else:
        show_matrix(summary)


def show_matrix(summary: dict[str, Any]) -> None:
    """Accuracy of every cell, the chosen strategy marked."""
    from orca_local.cli.tables import echo, table

    names = list(dict.fromkeys(cell["strategy"] for task in summary["tasks"] for cell in task["cells"]))
    rows = []
    for task in summary["tasks"]:
        cells = {cell["strategy"]: cell for cell in task["cells"]}
        marks = [
            f"{100 * cells[n]['accuracy']:.0f}" + ("*" if n == task["strategy"] else "") if n in cells else ""
            for n in names
        ]
        rows.append((task["task"], *marks, "yes" if task["decided"] else "no"))
    echo(table(["task", *names, "decided"], rows))
    new, cached = summary["generations"]["new"], summary["generations"]["cached"]
    echo(f"accuracy in percent, * chosen · {new} generations new, {cached} cached · {summary['seconds']:.0f} s")
