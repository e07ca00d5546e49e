"""`orca-local runs`: list, show, follow, cancel and delete runs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from orca_local.cli.diagnostics import note
from orca_local.cli.options import Common, JsonObject, common_options
from orca_local.cli.tables import echo, table
from orca_local.domain.errors import InputError, OrcaError
from orca_local.domain.figures import local_time

if TYPE_CHECKING:
    from orca_local.store.runs import RunRow
    from orca_local.store.store import Store

CANCEL_WAIT_SECONDS = 10.0
"""How long to wait for a cancelled run to end."""
_AGAIN = "run the same command again to continue where it stopped; `orca-local runs show` lists its events"


@click.group("runs")
def command() -> None:
    """List, show, follow, cancel and delete runs."""


@command.command("list")
@common_options
def list_runs(common: Common) -> JsonObject:
    """List all runs, the newest first."""
    with common.workspace().store() as store:
        runs = store.runs.list()
    rows = [
        (run.run_id, run.stage, run.status, *(local_time(at) if at else "" for at in (run.started_at, run.finished_at)))
        for run in runs
    ]
    echo(table(["run", "stage", "status", "started", "finished"], rows) if rows else "no runs yet")
    return {"runs": [asdict(run) for run in runs]}


@command.command("show")
@click.argument("run_id", type=click.IntRange(1))
@common_options
def show(common: Common, run_id: int) -> JsonObject:
    """Show the settings, versions and events of a run."""
    with common.workspace().store() as store:
        run = store.runs.get(run_id)
        events = store.runs.events(run_id)
    for key, value in asdict(run).items():
        echo(f"{key:14} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    for event in events:
        echo(f"{event.seq:6} {event.kind} {json.dumps(event.payload, ensure_ascii=False)}")
    return {**asdict(run), "events": [asdict(event) for event in events]}


@command.command("attach")
@click.argument("run_id", type=click.IntRange(1), required=False)
@common_options
def attach(common: Common, run_id: int | None) -> JsonObject:
    """Follow a run as if it had been started here. Ctrl-C stops following; the run continues.

    Without RUN_ID, the newest run. Later runs of the same command are followed too.
    """
    from orca_local.cli.display import Display
    from orca_local.domain.events import parse_event
    from orca_local.runs.follow import follow

    summary: dict[str, Any] = {}
    with common.workspace().store() as store:
        run = store.runs.get(run_id) if run_id else _newest(store)
        note(f"run {run.run_id}: {run.stage}, {run.status}; Ctrl-C stops following, the run continues")
        with Display(quiet=common.quiet) as display:
            last = run.run_id
            for row in follow(store, run.run_id):
                last = row.run_id
                event = parse_event(row.kind, row.payload)
                if event is not None:
                    display(event)
                if row.kind == "StageFinished":
                    summary = row.payload["summary"]
        ended = store.runs.get(last)
    if ended.status != "done":
        raise OrcaError(
            f"run {ended.run_id} ({ended.stage}) is {ended.status}: {ended.error}".rstrip(": "), hint=_AGAIN
        )
    return summary


@command.command("cancel")
@click.argument("run_id", type=click.IntRange(1), required=False)
@common_options
def cancel_run(common: Common, run_id: int | None) -> JsonObject:
    """Stop a run, as Ctrl-C does. A training first finishes and saves its step, unless it is cancelled twice.

    Without RUN_ID, the newest run.
    """
    from orca_local.runs.follow import cancel, wait_for_end

    with common.workspace().store() as store:
        run = cancel(store, run_id or _newest(store).run_id)
        ended = wait_for_end(store, run.run_id, CANCEL_WAIT_SECONDS)
    if ended.status == "running":
        echo(f"run {ended.run_id} ({ended.stage}) is finishing its current step; cancel it again to stop it at once")
    else:
        echo(f"run {ended.run_id} ({ended.stage}): {ended.status}")
    return {"run_id": ended.run_id, "stage": ended.stage, "status": ended.status}


@command.command("delete")
@click.argument("run_ids", metavar="[RUN_ID]...", type=click.IntRange(1), nargs=-1)
@click.option(
    "--failed", is_flag=True, help="Delete all runs that failed, crashed or were interrupted and are not in use."
)
@common_options
def delete(common: Common, run_ids: tuple[int, ...], failed: bool) -> JsonObject:
    """Delete runs that are not in use, with their events and output.

    Answers, trainings, files and evaluations are kept, and with them the runs that made them. The newest finished
    run of each stage is kept too, because screens and report show its results.
    """
    from orca_local.runs.delete import delete_failed, delete_runs

    if failed == bool(run_ids):
        raise click.UsageError("give the runs to delete, or --failed")
    workspace = common.workspace()
    with workspace.store() as store:
        deleted, kept = delete_failed(store, workspace) if failed else (delete_runs(store, workspace, run_ids), [])
    names = ", ".join(map(str, deleted))
    echo(f"{len(deleted)} run{'s' * (len(deleted) != 1)} deleted" + (f": {names}" if deleted else ""))
    for run in kept:
        echo(f"kept: {run.reason}")
    return {"deleted": deleted, "kept": [{"run_id": run.run_id, "reason": run.reason} for run in kept]}


def _newest(store: Store) -> RunRow:
    runs = store.runs.list()
    if not runs:
        raise InputError("there are no runs in this workspace", hint="start one with `orca-local probe`")
    return next((run for run in runs if run.status == "running"), runs[0])
