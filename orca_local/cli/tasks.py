"""`orca-local tasks`: add and show tasks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from orca_local.cli.diagnostics import note
from orca_local.cli.options import Common, JsonObject, common_options
from orca_local.cli.tables import echo, table
from orca_local.domain.text import counted


@click.group("tasks")
def command() -> None:
    """Add and show tasks."""


@command.command("add")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option("--skip-bad", is_flag=True, help="Add the good lines even if others are bad.")
@click.option(
    "--resplit", is_flag=True, help="Ignore `split` in the file; divide the samples by a hash of their content."
)
@common_options
def add(common: Common, paths: tuple[Path, ...], skip_bad: bool, resplit: bool) -> JsonObject:
    """Add samples from JSON Lines files with the keys id, task, prompt, answer and kind."""
    from orca_local.tasks.add import add_tasks

    workspace = common.workspace()
    with workspace.store() as store:
        added = add_tasks(store, paths, skip_bad=skip_bad, resplit=resplit)
        counts = store.samples.tasks()
    for problem in added.problems:
        note(f"skipped {problem}")
    touched = set(added.tasks)
    summary = {
        "added": added.added,
        "duplicates": added.duplicates,
        "rejected": len(added.problems),
        "tasks": [asdict(task) for task in counts if task.task in touched],
    }
    echo(f"{counted(added.added, 'sample')} added, {added.duplicates} already present, {len(added.problems)} rejected")
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
    from orca_local.domain.errors import InputError
    from orca_local.domain.types import SPLITS

    with common.workspace().store() as store:
        names = [count.task for count in store.samples.tasks()]
        if task not in names:
            raise InputError(f"no task {task!r} in this workspace", hint="see `orca-local tasks list`")
        samples = [s for split in SPLITS for s in store.samples.list(split=split, tasks=[task], limit=limit)]
    for sample in samples:
        echo(f"── {sample.id} · {sample.split} · {sample.kind}")
        echo(sample.prompt)
        echo(f"→ {' | '.join(sample.answers) or '(no reference)'}\n")
    shown = [
        {"id": s.id, "split": s.split, "kind": s.kind, "prompt": s.prompt, "answers": list(s.answers)} for s in samples
    ]
    return {"task": task, "samples": shown}
