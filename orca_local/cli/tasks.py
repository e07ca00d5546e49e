"""`orca-local tasks`: add, show and remove tasks, and choose their strategies."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orca_local.cli.diagnostics import note
from orca_local.cli.options import Common, JsonObject, PathArgument, common_options
from orca_local.cli.tables import echo, table
from orca_local.domain.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from orca_local.cli.display import Display
    from orca_local.domain.types import Sample
    from orca_local.store.store import Store

_LARGE_BYTES = 10 << 20
"""Task files of this size together get a progress bar."""


@click.group("tasks")
def command() -> None:
    """Add, show and remove tasks."""


@command.command("add")
@click.argument("paths", nargs=-1, required=True, type=PathArgument(), metavar="PATH…")
@click.option("--skip-bad", is_flag=True, help="Add the good lines even if others are bad.")
@click.option(
    "--resplit", is_flag=True, help="Ignore `split` in the file; divide the samples by a hash of their content."
)
@click.option("--limit", type=click.IntRange(1), help="Maximum number of samples of each file: its first good ones.")
@click.option("--seed", type=int, help="Choose the samples of --limit at random, with this seed.")
@click.option("--encoding", help="Encoding of the text, such as cp1252. [default: UTF-8, or what its first bytes say]")
@click.option("--separator", help="Character between the columns of a CSV file. [default: as its first rows have it]")
@common_options
def add(
    common: Common,
    paths: tuple[Path, ...],
    skip_bad: bool,
    resplit: bool,
    limit: int | None,
    seed: int | None,
    encoding: str | None,
    separator: str | None,
) -> JsonObject:
    """Add samples from JSON, JSON Lines or CSV files with the keys or columns id, task, prompt, answer and kind."""
    from orca_local.cli.display import Display
    from orca_local.tasks.add import add_tasks
    from orca_local.tasks.import_request import ImportRequest, ReadOptions

    if seed is not None and limit is None:
        raise click.UsageError("--seed needs --limit, the number of samples to choose")
    request = ImportRequest(limit=limit, seed=seed, options=ReadOptions(encoding, separator))
    workspace = common.workspace()
    # Reading is quick: nothing is shown where a bar cannot be drawn.
    with workspace.store() as store, Display(quiet=common.quiet or not sys.stderr.isatty()) as display:
        added = add_tasks(store, paths, request, skip_bad=skip_bad, resplit=resplit, progress=_bar_of(display))
        counts = store.samples.tasks()
    for problem in added.problems:
        note(f"skipped {problem}")
    if added.problem_count > len(added.problems):
        note(f"skipped {added.problem_count - len(added.problems):,} more")
    for line in added.notes():
        note(f"note: {line}")
    touched = set(added.tasks)
    summary = {
        "added": added.added,
        "duplicates": added.duplicates,
        "rejected": added.rejected,
        "tasks": [asdict(task) for task in counts if task.task in touched],
        "elsewhere": [asdict(row) for row in added.elsewhere],
        "unprobed": list(added.unprobed),
    }
    echo(f"{counted(added.added, 'sample')} added, {added.duplicates:,} already present, {added.rejected:,} rejected")
    return summary


@command.command("list")
@common_options
def list_tasks(common: Common) -> JsonObject:
    """List the tasks and their number of samples by split."""
    with common.workspace().store() as store:
        counts = store.samples.tasks()
    names = ("task", "kind", "probe", "train", "holdout")
    rows = [[getattr(count, name) for name in names] for count in counts]
    echo(table(names, rows) if rows else "no tasks yet: add some with `orca-local tasks add FILE.jsonl`")
    return {"tasks": [asdict(task) for task in counts]}


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
    return {"task": task, "samples": [_as_dict(sample) for sample in samples]}


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
    return {"task": task, "strategy": chosen, "chosen_by": chosen_by}


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
    with workspace.store() as store, workspace_lock(store, workspace.lock_dir, "tasks remove"):
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
    return {"task": task, "samples": uses.samples, "demonstrations": uses.demonstrations}


def _as_dict(sample: Sample) -> JsonObject:
    values = {name: getattr(sample, name) for name in ("id", "split", "kind", "prompt")}
    return values | {"answers": list(sample.answers), "messages": [message.to_dict() for message in sample.messages]}


def _bar_of(display: Display) -> Callable[[int, int], None]:
    """A function that shows how much of the task files was read."""
    from orca_local.domain.events import StageProgressed, StageStarted

    is_started = False

    def show(done: int, total: int) -> None:
        nonlocal is_started
        if not is_started and total >= _LARGE_BYTES:
            is_started = True
            display(StageStarted("read", total >> 20, "MiB"))
        if is_started:
            display(StageProgressed(done >> 20))

    return show


def _require_task(store: Store, task: str) -> None:
    from orca_local.domain.errors import InputError

    if task not in {count.task for count in store.samples.tasks()}:
        raise InputError(f"no task {task!r} in this workspace", hint="see `orca-local tasks list`")
