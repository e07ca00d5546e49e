"""The first screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import DataTable

from orca_local.runs.workspace import Workspace
from tests.tui.scene import compare_pictures, opened, until
from tui.screens.home.strip import StageCell

pytestmark = pytest.mark.anyio


async def test_it_looks_as_it_should(workspace: Workspace, tmp_path: Path) -> None:
    await compare_pictures(workspace, tmp_path, "home", "home-tasks")
    await compare_pictures(None, tmp_path, "home", "home-welcome")


async def test_a_stage_is_started_followed_and_seen_to_end(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path) as pilot:
        probe = pilot.app.screen.query_one("#stage-probe", StageCell)
        assert probe.has_class("ready")
        await pilot.press("g")
        await until(pilot, lambda: probe.has_class("running"))
        await until(pilot, lambda: probe.has_class("done"))
        table = pilot.app.screen.query_one(DataTable)
        await until(pilot, lambda: [table.get_cell_at((0, i)) for i in (1, 2)] == ["probe", "done"])
        assert pilot.app.screen.query_one("#stage-teach", StageCell).has_class("ready")


async def test_a_workspace_is_made_with_one_key(tmp_path: Path) -> None:
    async with opened(None, tmp_path) as pilot:
        await pilot.press("n")
        await until(pilot, lambda: (tmp_path / "orca.toml").exists())
        await until(pilot, lambda: bool(pilot.app.screen.query("#stage-tasks.ready")))


async def test_a_small_terminal_is_told_what_it_lacks(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, (60, 20)) as pilot:
        assert pilot.app.screen.query_one("#too-small").display
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert not pilot.app.screen.query_one("#too-small").display
