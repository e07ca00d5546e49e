"""`orca-local tasks`: add, show and remove tasks, and choose their strategies."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from orca_local.cli.options import Common, JsonObject, common_options
from orca_local.cli.tables import echo, table
from orca_local.cli.tasks_add import add
from orca_local.cli.tasks_mix import mix, sources
from orca_local.domain.task_summary import ShownSample, TaskChoice, TaskList, TaskRemoved, TaskSamples, TaskSize
from orca_local.domain.text import counted

if TYPE_CHECKING:
    from orca_local.store.store import Store


@click.group("tasks")
def command() -> None:
    """Add, show and remove tasks."""


command.add_command(add)
command.add_command(mix)
command.add_command(sources)


@command.command("list")
@common_options
def list_tasks(common: Common) -> JsonObject:
    """List the tasks and their number of samples by split."""
    with common.workspace().store() as store:
        counts = store.samples.tasks()
    names = ("task", "kind", "probe", "train", "holdout")
    rows = [[getattr(count, name) for name in names] for count in counts]
    echo(table(names, rows) if rows else "no tasks yet: add some with `orca-local tasks add FILE.jsonl`")
    return TaskList(tuple(TaskSize(**asdict(count)) for count in counts)).to_dict()


@command.command("show")
@click.argument("task")
@click.option(
    "--limit", default=5, show_default=True, type=click.IntRange(1), help="Maximum number of samples per split."
)
@common_options
def show(common: Common, task: str, limit: int) -> JsonObject:
    """Show samples of TASK."""
    from orca_local.domain.types import SPLITS
    from orca_local.views.conversation import conversation_text

    with common.workspace().store() as store:
        _require_task(store, task)
        samples = [s for split in SPLITS for s in store.samples.list(split=split, tasks=[task], limit=limit)]
    for sample in samples:
        echo(f"── {sample.id} · {sample.split} · {sample.kind}")
        echo(conversation_text(sample))
        echo(f"→ {' | '.join(sample.answers) or '(no reference)'}\n")
    return TaskSamples(task, tuple(map(ShownSample.of, samples))).to_dict()


@command.command("choose")
@click.argument("task")
@click.argument("strategy", required=False)
@click.option("--undo", is_flag=True, help="Use the measured choice again.")
@common_options
def choose(common: Common, task: str, strategy: str | None, undo: bool) -> JsonObject:
    """Choose the STRATEGY of TASK yourself. No later probe replaces it."""
    from orca_local.domain.strategies import load_strategies, require_strategy
    from orca_local.probe.by_hand import choose_by_hand
    from orca_local.views.probe_matrix import load_probe_matrix

    if undo == (strategy is not None):
        raise click.UsageError("give a strategy, or --undo")
    workspace = common.workspace()
    with workspace.store() as store:
        _require_task(store, task)
        if strategy is None:
            store.selections.clear_by_hand(task)
        else:
            require_strategy(strategy, load_strategies(workspace.directory / "strategies.toml"))
            matrix = load_probe_matrix(store)
            rows = {row.task: row for row in matrix.rows} if matrix else {}
            cell = rows[task].cells.get(strategy) if task in rows else None
            choose_by_hand(store, task, strategy, cell, workspace.settings.probe.alpha)
        current = store.selections.current().get(task)
    chosen, chosen_by = (current.strategy, current.chosen_by) if current else (None, None)
    echo(f"{task}: {chosen}, chosen by {chosen_by}" if current else f"{task}: no strategy is chosen yet")
    return TaskChoice(task, chosen, chosen_by).to_dict()


@command.command("remove")
@click.argument("task")
@click.option("--reviewed", is_flag=True, help="Also if answers were accepted, rejected or edited by hand.")
@common_options
def remove(common: Common, task: str, reviewed: bool) -> JsonObject:
    """Remove TASK with its samples, scores and reviews.

    The texts of student and teacher are kept: if the task is added again, none has to be paid for again.
    """
    from orca_local.domain.errors import InputError
    from orca_local.runs.lock import workspace_lock

    workspace = common.workspace()
    with workspace.store() as store, workspace_lock(store, workspace.output_dir, "tasks remove"):
        _require_task(store, task)
        uses = store.samples.uses(task)
        if uses.waiting:
            raise InputError(
                f"task {task!r} has {counted(uses.waiting, 'question')} waiting in a batch",
                hint="collect the answers first with `orca-local teach --batch`",
            )
        if uses.reviewed and not reviewed:
            raise InputError(
                f"task {task!r} has {counted(uses.reviewed, 'answer')} reviewed by hand",
                hint="add --reviewed to lose these reviews",
            )
        store.samples.remove_task(task)
    answers = f"{uses.measurements:,} scores and {counted(uses.demonstrations, 'teacher answer')}"
    echo(f"{task} removed: {counted(uses.samples, 'sample')}, {answers}")
    return TaskRemoved(task, uses.samples, uses.demonstrations).to_dict()


def _require_task(store: Store, task: str) -> None:
    from orca_local.domain.errors import InputError

    if task not in {count.task for count in store.samples.tasks()}:
        raise InputError(f"no task {task!r} in this workspace", hint="see `orca-local tasks list`")
