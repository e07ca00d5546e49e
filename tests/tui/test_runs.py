"""All runs and their events."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, RichLog

from orca_local.runs.launch import launch
from orca_local.runs.workspace import Workspace
from orca_local.store.runs import STALE_SECONDS
from tests.tui.scene import compare_pictures, opened, until
from tui.dialogs.dialog import Dialog

pytestmark = pytest.mark.anyio


def status(pilot: Pilot[None], row: int = 0) -> str:
    table = pilot.app.screen_stack[0].query_one(DataTable)
    return str(table.get_cell_at((row, 2))) if table.row_count else ""


async def test_events_are_shown_as_text(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        for status, error in (("done", ""), ("failed", "the disk is full")):
            run_id = store.runs.start("probe", '{"probe": {"samples": 8}}', {"orca-local": "1"}, pid=1)
            store.runs.add_event(run_id, "StageStarted", {"stage": "probe", "total": 8, "unit": "generations"})
            store.runs.add_event(run_id, "Warned", {"message": "[bold]not markup\x1b[31m", "hint": ""})
            store.runs.finish(run_id, status, error)

    async def has_events(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: bool(pilot.app.screen.query_one(RichLog).lines))

    await compare_pictures(workspace, tmp_path, "runs", "runs", has_events)
    async with opened(workspace, tmp_path, mode="runs") as pilot:
        log = pilot.app.screen.query_one(RichLog)
        await until(pilot, lambda: any("[bold]not markup" in line.text for line in log.lines))
        assert not any("\x1b" in line.text for line in log.lines)


async def test_a_run_from_elsewhere_is_followed_and_ended_from_here(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, mode="runs") as pilot:
        launch(workspace, ["probe", "--method", "exhaustive"])
        await until(pilot, lambda: status(pilot) == "running")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, Dialog))
        await pilot.press("enter")
        await until(pilot, lambda: status(pilot) == "interrupted")
        log = pilot.app.screen_stack[0].query_one(RichLog)
        await until(pilot, lambda: any("StageStarted" in line.text for line in log.lines))


async def test_a_run_that_was_killed_is_shown_as_dead(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, mode="runs") as pilot:
        launched = launch(workspace, ["probe", "--method", "exhaustive"])
        await until(pilot, lambda: status(pilot) == "running")
        os.kill(launched.pid, signal.SIGKILL)
        await until(pilot, lambda: status(pilot) == "dead", 2 * STALE_SECONDS)
        await pilot.press("x")
        await pilot.pause(0.3)
        assert not isinstance(pilot.app.screen, Dialog)
