"""The probe screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Static

from orca_local.runs.workspace import Workspace
from tests.tui.big import STRATEGIES, make_big
from tests.tui.scene import compare_pictures, opened, until
from tui.screens.probe.heat_map import HeatMap
from tui.screens.probe.samples import SamplesScreen
from tui.screens.probe.screen import ProbeScreen
from tui.screens.probe.start import StartProbe
from tui.widgets.listing import Listing

pytestmark = pytest.mark.anyio


@pytest.fixture
def probed(tmp_path: Path, tiny_gguf: Path) -> Workspace:
    """Twelve tasks with five answers in each cell."""
    return make_big(tmp_path / "probed", tiny_gguf, tasks=12, answers=12 * 6 * 5)


@pytest.mark.slow
async def test_screens_match_their_pictures(workspace: Workspace, probed: Workspace, tmp_path: Path) -> None:
    async def further(pilot: Pilot[None]) -> None:
        await pilot.press("down", "down", "right")

    async def into(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SamplesScreen))

    await compare_pictures(workspace, tmp_path, "probe", "probe-empty")
    await compare_pictures(probed, tmp_path, "probe", "probe-matrix", further)
    await compare_pictures(probed, tmp_path, "probe", "probe-samples", into)


@pytest.mark.slow
async def test_a_probe_shows_its_estimate_and_fills_the_matrix(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, mode="probe") as pilot:
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, StartProbe))
        takes = pilot.app.screen.query_one("#estimate", Static)
        await until(pilot, lambda: "2 tasks: about" in str(takes.render()))
        await pilot.press("0")
        pilot.app.screen.query_one("#yes", Button).press()
        grid = pilot.app.screen_stack[0].query_one(HeatMap)
        await until(pilot, lambda: grid.row is not None and grid.row.selection is not None, 60)
        assert grid.row is not None and grid.row.task == "sums-0"
    with workspace.store() as store:
        assert store.runs.list()[0].settings["probe"]["samples"] == 0, "all, as the form says"


@pytest.mark.slow
async def test_a_choice_by_hand_can_be_undone(probed: Workspace, tmp_path: Path) -> None:
    async with opened(probed, tmp_path, mode="probe") as pilot:
        grid = pilot.app.screen.query_one(HeatMap)
        await pilot.press("down", "right", "right", "c")
        await until(pilot, lambda: grid.row is not None and grid.row.leader == STRATEGIES[2])
        assert grid.row is not None and not grid.row.is_undecided
        with probed.store() as store:
            row = store.selections.current()["task-0001"]
        assert row.chosen_by == "hand" and (row.strategy, row.samples) == (STRATEGIES[2], 5)
        await pilot.press("u")
        await until(pilot, lambda: grid.row is not None and grid.row.leader == STRATEGIES[1])


@pytest.mark.slow
async def test_the_samples_of_a_cell_show_wrong_answers_first(probed: Workspace, tmp_path: Path) -> None:
    async with opened(probed, tmp_path, mode="probe") as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SamplesScreen))
        listing = pilot.app.screen.query_one(Listing)
        marks = [listing.columns[0].text(row) for row in listing.rows]
        assert marks == ["✗"] * 4 + ["✓"]
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, SamplesScreen))


@pytest.mark.slow
async def test_1500_tasks_load_and_scroll(tmp_path: Path, tiny_gguf: Path) -> None:
    """With five answers in each cell: `scripts/bench_tui.py` measures with all 300,000."""
    workspace = make_big(tmp_path / "big", tiny_gguf, answers=1500 * 6 * 5)
    async with opened(workspace, tmp_path, (120, 40)) as pilot:
        assert "1,500 of 1,500 chosen, 1,000 certain" in str(pilot.app.screen.query_one("#stage-probe", Static).content)
        await pilot.press("3")
        await until(pilot, lambda: isinstance(pilot.app.screen, ProbeScreen))
        grid = pilot.app.screen.query_one(HeatMap)
        await until(pilot, lambda: grid.row is not None)
        for _ in range(60):
            await pilot.press("pagedown")
        assert grid.row is not None and grid.row.task == "task-1499"
