"""`orca-local tasks sources` and `orca-local tasks mix`: ready sources of the hub, alone and in proportions."""

from __future__ import annotations

from dataclasses import asdict

import click

from orca_local.cli.diagnostics import note
from orca_local.cli.options import Common, JsonObject, Name, common_options
from orca_local.cli.tables import echo, table
from orca_local.domain.failure_summary import FailureCounts
from orca_local.domain.figures import size
from orca_local.domain.task_summary import MixSource, NotInMix, SourceInfo, TasksMixed, TaskSources
from orca_local.domain.text import counted


@click.command("sources")
@common_options
def sources(common: Common) -> JsonObject:
    """List the ready sources of training tasks on the hub, and the mixes that are made of them.

    Add one with `orca-local tasks add ready:NAME`, with --limit for its first rows alone.
    """
    from orca_local.tasks.ready import load_mixes, load_sources

    found = tuple(load_sources().values())
    mixes = load_mixes()
    rows = [
        (
            source.name,
            source.repo,
            f"{source.rows:,}" if source.rows else "?",
            size(source.bytes) if source.bytes else "?",
            source.kind or "guessed",
            source.licence,
        )
        for source in found
    ]
    echo(table(["name", "repository", "rows", "size", "kind", "licence"], rows))
    for mix in mixes.values():
        echo(f"\nmix {mix.name}: {mix.title} ({mix.source})")
    names = ("name", "title", "repo", "revision", "config", "split", "tasks", "licence", "rows", "bytes", "card_read")
    infos = (SourceInfo(**{name: getattr(s, name) for name in names}, kind=s.kind or "") for s in found)
    return TaskSources(sources=tuple(infos), mixes=tuple(mixes)).to_dict()


@click.command("mix")
@click.argument("name", type=Name())
@click.option("--tasks", default=1500, show_default=True, type=click.IntRange(1), help="Number of tasks.")
@click.option("--per-task", default=100, show_default=True, type=click.IntRange(1), help="Number of rows of each task.")
@click.option("--seed", default=0, show_default=True, type=int, help="Choose tasks and rows with this seed.")
@click.option("--skip-bad", is_flag=True, help="Go on without the sources that fail.")
@common_options
def mix(common: Common, name: str, tasks: int, per_task: int, seed: int, skip_bad: bool) -> JsonObject:
    """Add tasks of many ready sources, in the published proportions of the mix NAME, such as orca2.

    The sources that are one task each, such as the math sets of orca2, give as many rows as the proportions say. Two
    mixes with the same options have the same samples. What was fetched is kept: an interrupted mix goes on there, and
    the same mix can be made again with --offline. What went in, and its licences, is written to mix-NAME.md.
    """
    from orca_local.cli.display import Display
    from orca_local.domain.events import StageProgressed, StageStarted
    from orca_local.system.files import write_whole
    from orca_local.tasks.import_request import ImportRequest, ReadOptions
    from orca_local.tasks.mix.add import add_mix, render_licences
    from orca_local.tasks.mix.assemble import MixRequest
    from orca_local.tasks.ready import find_mix

    request = MixRequest(find_mix(name), tasks, per_task, seed, skip_bad)
    workspace = common.workspace()
    with workspace.store() as store, Display(quiet=common.quiet) as display:
        display(StageStarted("mix", tasks, "tasks"))
        reading = ImportRequest(options=ReadOptions(on_note=None if common.quiet else display.say))
        result = add_mix(store, request, reading, on_task=lambda done: display(StageProgressed(done=done)))
    path = workspace.directory / f"mix-{request.mix.name}.md"
    write_whole(path, render_licences(request, result.uses), hint="make the workspace writable")
    failures = FailureCounts()
    for failure in result.failed:
        note(f"source {failure.name} failed, and is left out: {failure.reason}")
        failures.add("the source could not be read")
    for task in result.left_out:
        note(f"left out: {task.name}: {task.reason}")
    note(request.mix.note)
    rows = [(use.name, use.tasks, use.rows, use.bad_rows, use.licence) for use in result.uses]
    echo(table(["source", "tasks", "rows", "bad rows", "licence"], rows))
    total = sum(use.rows for use in result.uses)
    done = sum(use.tasks for use in result.uses)
    echo(f"{counted(done, 'task')} with {counted(total, 'sample')}: {result.added.added:,} added; licences: {path}")
    return TasksMixed(
        mix=request.mix.name,
        tasks=done,
        rows=total,
        added=result.added.added,
        duplicates=result.added.duplicates,
        sources=tuple(MixSource(**asdict(use)) for use in result.uses),
        failed=tuple(NotInMix(**asdict(failure)) for failure in result.failed),
        left_out=tuple(NotInMix(**asdict(task)) for task in result.left_out),
        licences=str(path),
        failures=failures.summarize("run the same command again: what was fetched is kept"),
    ).to_dict()
