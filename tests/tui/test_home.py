"""The first screen."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from textual.widgets import Static

from orca_local.domain.errors import InputError
from orca_local.runs.workspace import Workspace
from tests.tui.scene import compare_pictures, opened, until
from tui.app import OrcaApp
from tui.dialogs.dialog import ErrorDialog
from tui.screens.home.screen import HomeScreen
from tui.screens.home.strip import StageCell
from tui.screens.home.welcome import find_workspace
from tui.screens.models.screen import ModelsScreen
from tui.screens.probe.screen import ProbeScreen
from tui.widgets.listing import Listing

pytestmark = pytest.mark.anyio


@pytest.mark.slow
async def test_screens_match_their_pictures(workspace: Workspace, tmp_path: Path) -> None:
    await compare_pictures(workspace, tmp_path, "home", "home-tasks")
    (tmp_path / "empty").mkdir()
    await compare_pictures(None, tmp_path / "empty", "home", "home-welcome")


@pytest.mark.slow
async def test_a_started_stage_is_shown_until_it_is_done(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path) as pilot:
        probe = pilot.app.screen.query_one("#stage-probe", StageCell)
        assert probe.has_class("ready")
        await pilot.press("g")
        await until(pilot, lambda: probe.has_class("running"))
        await until(pilot, lambda: probe.has_class("done"))
        recent = pilot.app.screen.query_one("#recent", Listing)
        await until(pilot, lambda: (recent.rows[0].stage, recent.rows[0].status) == ("probe", "done"))
        assert pilot.app.screen.query_one("#stage-teach", StageCell).has_class("ready")


async def test_one_key_creates_a_workspace(tmp_path: Path) -> None:
    async with opened(None, tmp_path) as pilot:
        await pilot.press("n")
        await until(pilot, lambda: (tmp_path / "orca.toml").exists())
        await until(pilot, lambda: bool(pilot.app.screen.query("#stage-tasks.ready")))


async def test_a_small_terminal_shows_the_needed_size(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, (60, 20)) as pilot:
        assert pilot.app.screen.query_one("#too-small").display
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert not pilot.app.screen.query_one("#too-small").display


async def test_keys_do_nothing_while_the_terminal_is_too_small(tmp_path: Path) -> None:
    async with opened(None, tmp_path, (60, 20)) as pilot:
        await pilot.press("n", "s", "enter", "question_mark", "ctrl+p")
        await pilot.pause()
        assert isinstance(pilot.app.screen, HomeScreen)
        assert not list(tmp_path.iterdir())
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        await pilot.press("n")
        await until(pilot, lambda: (tmp_path / "orca.toml").exists())


async def test_screens_need_a_workspace(tmp_path: Path) -> None:
    async with opened(None, tmp_path) as pilot:
        await pilot.press("6")
        await pilot.pause()
        assert isinstance(pilot.app.screen, HomeScreen)
        assert any("Train needs a workspace" in note.message for note in pilot.app._notifications)
        await pilot.press("9")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelsScreen))


async def test_the_last_used_workspace_below_is_offered(workspace: Workspace, tmp_path: Path) -> None:
    Workspace.create(tmp_path / "older")
    os.utime(tmp_path / "older", (0, 0))
    async with opened(None, tmp_path) as pilot:
        assert f"Open the existing workspace {workspace.directory.name}" in str(
            pilot.app.screen.query_one("#welcome Static", Static).content
        )
        await pilot.press("o")
        await until(pilot, lambda: bool(pilot.app.screen.query("#stage-probe.ready")))
        await pilot.press("3")
        await until(pilot, lambda: isinstance(pilot.app.screen, ProbeScreen))


async def test_wrong_settings_show_an_error_with_a_remedy(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "broken")
    (workspace.directory / "orca.toml").write_text("[probe]\nsamples = -1\n")
    async with opened(None, tmp_path) as pilot:
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pilot.app.screen, ErrorDialog))
    app = OrcaApp(workspace.directory, tmp_path)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.failure is not None)
    assert isinstance(app.failure, InputError) and "samples" in app.failure.message


async def test_an_early_key_does_not_keep_the_app_open(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "broken")
    (workspace.directory / "orca.toml").write_text("[probe]\nsamples = -1\n")
    app = OrcaApp(workspace.directory, tmp_path)
    async with app.run_test() as pilot:
        await app.action_switch_mode("probe")
        await until(pilot, lambda: app.failure is not None)


@pytest.mark.slow
async def test_a_late_answer_is_ignored_while_closing(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, HomeScreen)

        async def late() -> None:
            while screen.query(StageCell):
                await asyncio.sleep(0)
            screen.query_one(StageCell)

        screen.attempt(late, "late")
        await pilot.pause()


async def test_home_shows_the_stages_after_a_workspace_was_created(tmp_path: Path) -> None:
    async with opened(None, tmp_path) as pilot:
        await pilot.press("n", "n", "9")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelsScreen))
        await until(pilot, lambda: isinstance(pilot.app, OrcaApp) and pilot.app.workspace is not None)
        await pilot.press("1")
        await until(pilot, lambda: bool(pilot.app.screen.query("#stage-tasks.ready")))
        assert not pilot.app.screen.has_class("-new")


def test_an_unreadable_directory_hides_no_workspace(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    is_file = Path.is_file

    def refuse(path: Path) -> bool:
        if path.parent.name == "closed":
            raise PermissionError
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refuse)
    assert find_workspace(tmp_path) == workspace.directory
