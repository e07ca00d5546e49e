"""`orca-local runs`: list, show, follow, end and delete runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from orca_local.cli.diagnostics import note, write_json
from orca_local.cli.options import Common, common_options
from orca_local.domain.errors import InputError, OrcaError

if TYPE_CHECKING:
    from orca_local.store.runs import RunRow
    from orca_local.store.store import Store

PATIENCE_SECONDS = 10.0
"""How long a cancelled run is waited for."""
_AGAIN = "run the same command again to go on where it stopped; `orca-local runs show` has its events"


@click.group("runs")
def command() -> None:
    """List, show, follow, end and delete runs."""


@command.command("list")
@common_options
def list_runs(common: Common) -> None:
    """Every run, the newest first."""
    from orca_local.cli.tables import echo, table

    with common.workspace().store() as store:
        runs = store.runs.list()
    if common.json:
        write_json({"runs": [run.to_dict() for run in runs]})
        return
    if not runs:
        echo("no runs yet")
        return
    rows = [(run.run_id, run.stage, run.status, run.started_at, run.finished_at or "") for run in runs]
    echo(table(["run", "stage", "status", "started", "finished"], rows))


@command.command("show")
@click.argument("run_id", type=click.IntRange(1))
@common_options
def show(common: Common, run_id: int) -> None:
    """One run: its settings, versions and events."""
    from orca_local.cli.tables import echo

    with common.workspace().store() as store:
        run = store.runs.get(run_id)
        events = store.runs.events(run_id)
    if common.json:
        write_json({**run.to_dict(), "events": [event.to_dict() for event in events]})
        return
    for key, value in run.to_dict().items():
        echo(f"{key:14} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    for event in events:
        echo(f"{event.seq:6} {event.kind} {json.dumps(event.payload, ensure_ascii=False)}")


@command.command("attach")
@click.argument("run_id", type=click.IntRange(1), required=False)
@common_options
def attach(common: Common, run_id: int | None) -> None:
    """Show a run from its first event to its last, as if it had been started here; Ctrl-C leaves it running.

    Without RUN_ID the newest. What the same command does next is shown too.
    """
    from orca_local.cli.display import Display
    from orca_local.domain.events import StageFinished, event_of
    from orca_local.runs.follow import follow

    summary: dict[str, Any] = {}
    with common.workspace().store() as store:
        run = store.runs.get(run_id) if run_id else _newest(store)
        note(f"run {run.run_id}: {run.stage}, {run.status}; Ctrl-C leaves it as it is")
        with Display(quiet=common.quiet) as display:
            last = run.run_id
            for row in follow(store, run.run_id):
                last = row.run_id
                event = event_of(row.kind, row.payload)
                if event is not None:
                    display(event)
                if isinstance(event, StageFinished):
                    summary = event.summary
        ended = store.runs.get(last)
    if ended.status != "done":
        raise OrcaError(
            f"run {ended.run_id} ({ended.stage}) is {ended.status}: {ended.error}".rstrip(": "), hint=_AGAIN
        )
    if common.json:
        write_json(summary)


@command.command("cancel")
@click.argument("run_id", type=click.IntRange(1), required=False)
@common_options
def cancel_run(common: Common, run_id: int | None) -> None:
    """End a run as Ctrl-C does; a training finishes its step and saves it, unless it is cancelled twice.

    Without RUN_ID the newest.
    """
    from orca_local.cli.tables import echo
    from orca_local.runs.follow import cancel, wait_for_end

    with common.workspace().store() as store:
        run = cancel(store, run_id or _newest(store).run_id)
        ended = wait_for_end(store, run.run_id, PATIENCE_SECONDS)
    if common.json:
        write_json({"run_id": ended.run_id, "stage": ended.stage, "status": ended.status})
    elif ended.status == "running":
        echo(
            f"run {ended.run_id} ({ended.stage}) was asked to end, and is still busy; cancel it again to end it at once"
        )
    else:
        echo(f"run {ended.run_id} ({ended.stage}): {ended.status}")


@command.command("delete")
@click.argument("run_ids", metavar="[RUN_ID]...", type=click.IntRange(1), nargs=-1)
@click.option("--failed", is_flag=True, help="All that failed, died or were interrupted, but for those in use.")
@common_options
def delete(common: Common, run_ids: tuple[int, ...], failed: bool) -> None:
    """Delete runs of which nothing is in use.

    Their events, output and measurements go. Answers, trainings, files and evaluations stay, and so does a run that
    one of them came from, or that screens and report show the figures of.
    """
    from orca_local.cli.tables import echo
    from orca_local.runs.delete import delete_failed, delete_runs

    if failed == bool(run_ids):
        raise click.UsageError("name the runs to delete, or say --failed")
    workspace = common.workspace()
    with workspace.store() as store:
        deleted, kept = delete_failed(store, workspace) if failed else (delete_runs(store, workspace, run_ids), [])
    if common.json:
        write_json({"deleted": deleted, "kept": [{"run_id": run.run_id, "reason": run.reason} for run in kept]})
        return
    names = ", ".join(map(str, deleted))
    echo(f"{len(deleted)} run{'s' * (len(deleted) != 1)} deleted" + (f": {names}" if deleted else ""))
    for run in kept:
        echo(f"kept: {run.reason}")


def _newest(store: Store) -> RunRow:
    runs = store.runs.list()
    if not runs:
        raise InputError("there are no runs in this workspace", hint="start one with `orca-local probe`")
    return next((run for run in runs if run.status == "running"), runs[0])
