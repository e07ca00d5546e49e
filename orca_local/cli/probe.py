"""`orca-local probe`: test the student under every strategy and select one for each task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from orca_local.cli.detached import stage_options
from orca_local.cli.options import Common, JsonObject, typed
from orca_local.cli.stages import open_pipeline
from orca_local.cli.tables import echo, table
from orca_local.domain.text import counted

if TYPE_CHECKING:
    from orca_local.domain.probe_summary import CellSummary, ProbeEstimate, ProbeSummary, TaskSelection


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
    common: Common, tasks: tuple[str, ...], strategies: tuple[str, ...], only_estimate: bool, **settings: Any
) -> JsonObject:
    """Test the student under every strategy and select one for each task."""
    from orca_local.runs.grading import judge_lines

    with open_pipeline(common, {"probe": typed(**settings)}) as pipeline:
        if only_estimate:
            pipeline.say_untrainable()
            estimate = pipeline.estimate_probe(tasks, strategies)
            _show_estimate(estimate)
            return estimate.to_dict()
        summary = pipeline.probe(tasks, strategies)
        lines = judge_lines(pipeline.store, summary.judged)
    show_matrix(summary)
    for line in lines:
        echo(line)
    return summary.to_dict()


def _show_estimate(estimate: ProbeEstimate) -> None:
    answers = estimate.generations
    echo(
        f"{counted(estimate.tasks, 'task')}: about {answers.expected:,} answers ({answers.min:,} to {answers.max:,}), "
        f"{estimate.completion_tokens:,} tokens, {estimate.seconds / 60:.1f} minutes"
    )
    echo(estimate.basis)
    if estimate.judge is not None:
        echo(estimate.judge.describe())


def show_matrix(summary: ProbeSummary) -> None:
    """Print the accuracy of each cell, with the selected strategy marked."""
    names = list(dict.fromkeys(cell.strategy for task in summary.tasks for cell in task.cells))
    rows = [(task.task, *_row(task, names), "yes" if task.decided else "no") for task in summary.tasks]
    rows += [(label, *cells, "") for label, cells in _readings(summary, names)]
    echo(table(["task", *names, "certain"], rows))
    for task in summary.tasks:
        echo(f"{task.task}: {task.reason}")
    gain = summary.selection_gain
    if gain is not None:
        echo(f"over {gain.tasks} tasks, {gain.reason}")
    counts = f"{counted(summary.generations.new, 'new generation')}, {summary.generations.cached:,} cached"
    echo("accuracy in percent, of answers in the form asked for; *: selected; (n): dropped after n samples")
    echo(f"{counts} · {summary.seconds:.0f} s")


def _readings(summary: ProbeSummary, names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """How the answers under each strategy could be read, over all tasks; nothing for a run of an earlier version."""
    cells = [cell for task in summary.tasks for cell in task.cells if cell.n]
    if any(cell.lenient_accuracy is None for cell in cells):
        return
    labels = {
        "right in any form": "lenient_accuracy",
        "not readable": "unreadable",
        "cut off by max_tokens": "truncated",
    }
    for label, key in labels.items():
        yield (
            label,
            [_mean([(getattr(cell, key), cell.n) for cell in cells if cell.strategy == name]) for name in names],
        )


def _mean(shares: Sequence[tuple[float, int]]) -> str:
    """The mean of shares with their numbers of samples, in percent."""
    total = sum(n for _, n in shares)
    return f"{100 * sum(share * n for share, n in shares) / total:.0f}" if total else "–"


def _row(task: TaskSelection, names: Sequence[str]) -> list[str]:
    """The cells of one task."""
    cells = {cell.strategy: cell for cell in task.cells}
    samples = max(cell.n for cell in task.cells)
    return [_mark(cells.get(name), name == task.strategy, samples) for name in names]


def _mark(cell: CellSummary | None, chosen: bool, samples: int) -> str:
    """The text of one cell."""
    if cell is None or not cell.n:
        return "–"
    dropped = f" ({cell.n})" if cell.n < samples else ""
    return f"{100 * cell.accuracy:.0f}{'*' if chosen else ''}{dropped}"
