"""`orca-local runs`: list and show runs."""

from __future__ import annotations

import json

import click

from orca_local.cli.diagnostics import write_json
from orca_local.cli.options import Common, common_options


@click.group("runs")
def command() -> None:
    """List and show runs."""


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
