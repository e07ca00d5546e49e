"""The runs screen."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import RichLog, Static

from orca_local.runs.delete import delete_runs
from orca_local.runs.launch import launch
from orca_local.runs.workspace import Workspace
from orca_local.store.runs import STALE_SECONDS
from tests.tui.scene import compare_pictures, opened, until
from tui.dialogs.dialog import Dialog, ErrorDialog
from tui.widgets.listing import Listing

pytestmark = pytest.mark.anyio


def status(pilot: Pilot[None], row: int = 0) -> str:
    rows = pilot.app.screen_stack[0].query_one("#runs", Listing).rows
    return str(rows[row].status) if rows else ""


@pytest.mark.slow
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


@pytest.mark.slow
async def test_a_run_of_another_process_is_followed_and_stopped(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, mode="runs") as pilot:
        launch(workspace, ["probe", "--method", "exhaustive"])
        await until(pilot, lambda: status(pilot) == "running")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, Dialog))
        await pilot.press("enter")
        await until(pilot, lambda: status(pilot) == "interrupted")
        log = pilot.app.screen_stack[0].query_one(RichLog)
        await until(pilot, lambda: any("StageStarted" in line.text for line in log.lines))


@pytest.mark.slow
async def test_a_killed_run_is_shown_as_dead(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, mode="runs") as pilot:
        launched = launch(workspace, ["probe", "--method", "exhaustive"])
        await until(pilot, lambda: status(pilot) == "running")
        os.kill(launched.pid, signal.SIGKILL)
        await until(pilot, lambda: status(pilot) == "dead", 2 * STALE_SECONDS)
        await pilot.press("x")
        await pilot.pause(0.3)
        assert not isinstance(pilot.app.screen, Dialog)


@pytest.mark.slow
async def test_a_run_is_deleted_unless_it_is_in_use(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        for status in ("done", "failed", "failed"):
            store.runs.finish(store.runs.start("dataset", "{}", {}, pid=1 << 23), status, "")
    async with opened(workspace, tmp_path, mode="runs") as pilot:
        listing = pilot.app.screen.query_one("#runs", Listing)
        await until(pilot, lambda: len(listing.rows) == 3)
        await pilot.press("down", "d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Dialog))
        await pilot.press("escape", "d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Dialog))
        await pilot.press("enter")
        await until(pilot, lambda: [run.run_id for run in listing.rows] == [3, 1])
        assert listing.current is not None and listing.current.run_id == 1
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, ErrorDialog))
        assert "the newest results" in " ".join(str(part.content) for part in pilot.app.screen.query(Static))
        await pilot.press("enter")
        with workspace.store() as store:
            assert [run.run_id for run in store.runs.list()] == [3, 1]


@pytest.mark.slow
async def test_a_run_that_another_process_deleted_disappears(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        run_id = store.runs.start("dataset", "{}", {}, pid=1 << 23)
        store.runs.add_event(run_id, "StageStarted", {"stage": "dataset"})
        store.runs.finish(run_id, "failed", "")
        async with opened(workspace, tmp_path, mode="runs") as pilot:
            screen = pilot.app.screen
            stage, log = screen.query_one("#stage", Static), screen.query_one(RichLog)
            await until(pilot, lambda: "dataset failed" in str(stage.content) and bool(log.lines))
            delete_runs(store, workspace, [run_id])
            await until(pilot, lambda: not screen.query_one("#runs", Listing).rows)
            await until(pilot, lambda: not log.lines and not str(stage.content))
            await pilot.press("d")
            assert pilot.app.screen is screen


@pytest.mark.slow
async def test_a_command_that_has_gone_on_to_its_next_run_is_ended_all_the_same(
    workspace: Workspace, tmp_path: Path
) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with workspace.store() as store:
        first = store.runs.start("export", "{}", {}, process.pid)
        async with opened(workspace, tmp_path, mode="runs") as pilot:
            await until(pilot, lambda: status(pilot) == "running")
            await pilot.press("x")
            await until(pilot, lambda: isinstance(pilot.app.screen, Dialog))
            store.runs.finish(first, "done")
            store.runs.start("probe", "{}", {}, process.pid)
            await pilot.press("enter")
            assert await asyncio.to_thread(process.wait, 20) == -signal.SIGTERM
            assert not isinstance(pilot.app.screen, ErrorDialog)
