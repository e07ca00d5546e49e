"""`orca-local probe`: test the student under every strategy and select one for each task."""

from __future__ import annotations

from typing import Any

import click

from orca_local.cli.detached import stage_options
from orca_local.cli.diagnostics import write_json
from orca_local.cli.options import Common, typed
from orca_local.cli.stages import open_pipeline


@click.command("probe")
@click.option("--task", "tasks", multiple=True, metavar="T", help="Probe only this task (repeatable).")
@click.option("--strategy", "strategies", multiple=True, metavar="S", help="Test only this strategy (repeatable).")
@click.option(
    "--method", type=click.Choice(["race", "exhaustive"]), help="race: drop weak strategies early; exhaustive: do not."
)
@click.option("--samples", type=click.IntRange(0), help="Maximum number of samples per task; 0: all (default: 32).")
@click.option("--estimate", "only_estimate", is_flag=True, help="Show what it would take, and stop.")
@stage_options
def command(
    common: Common,
    tasks: tuple[str, ...],
    strategies: tuple[str, ...],
    method: str | None,
    samples: int | None,
    only_estimate: bool,
) -> None:
    """Test the student under every strategy and select one for each task."""
    overrides = {"probe": typed(method=method, samples=samples)}
    with open_pipeline(common, overrides) as pipeline:
        run = pipeline.estimate_probe if only_estimate else pipeline.probe
        summary = run(tasks, strategies)
    if common.json:
        write_json(summary)
    elif only_estimate:
        _show_estimate(summary)
    else:
        show_matrix(summary)


def _show_estimate(found: dict[str, Any]) -> None:
    from orca_local.cli.tables import echo

    answers = found["generations"]
    echo(
        f"{found['tasks']} tasks: about {answers['expected']:,} answers ({answers['least']:,} to {answers['most']:,}), "
        f"{found['completion_tokens']:,} tokens, {found['seconds'] / 60:.1f} minutes"
    )
    echo(found["basis"])


def show_matrix(summary: dict[str, Any]) -> None:
    """Print the accuracy of each cell, with the selected strategy marked."""
    from orca_local.cli.tables import echo, table

    names = list(dict.fromkeys(cell["strategy"] for task in summary["tasks"] for cell in task["cells"]))
    rows = []
    for task in summary["tasks"]:
        cells = {cell["strategy"]: cell for cell in task["cells"]}
        max_n = max(cell["n"] for cell in task["cells"])
        marks = [_mark(cells.get(name), name == task["strategy"], max_n) for name in names]
        rows.append((task["task"], *marks, "yes" if task["decided"] else "no"))
    echo(table(["task", *names, "certain"], rows))
    new, cached = summary["generations"]["new"], summary["generations"]["cached"]
    for task in summary["tasks"]:
        echo(f"{task['task']}: {task['reason']}")
    if summary["worth"]:
        echo(f"over {summary['worth']['tasks']} tasks, {summary['worth']['reason']}")
    done = f"{new} new generations, {cached} cached · {summary['seconds']:.0f} s"
    echo(f"accuracy in percent; *: selected; (n): dropped after n samples · {done}")


def _mark(cell: dict[str, Any] | None, chosen: bool, max_n: int) -> str:
    """The text of one cell."""
    if cell is None or not cell["n"]:
        return "–"
    dropped = f" ({cell['n']})" if cell["n"] < max_n else ""
    return f"{100 * cell['accuracy']:.0f}{'*' if chosen else ''}{dropped}"
