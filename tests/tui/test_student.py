"""A probe of the embedded student, and a chat with it, from the interface."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Button

from orca_local.domain.types import Sample
from orca_local.runs.workspace import Workspace
from orca_local.tasks.split import content_hash
from tests.tui.scene import opened, until
from tui.screens.chat.column import Column
from tui.screens.probe.heat_map import HeatMap
from tui.screens.probe.start import StartProbe

pytestmark = [pytest.mark.anyio, pytest.mark.student]

CAPITALS = {"France": "Paris", "Italy": "Rome", "Japan": "Tokyo", "Egypt": "Cairo"}


@pytest.fixture
def capitals(tmp_path: Path, student_gguf: Path) -> Workspace:
    """A task that the student can do."""
    settings = {"probe": {"max_tokens": 24, "samples": 4}}
    workspace = Workspace.create(tmp_path / "capitals", str(student_gguf), settings)
    samples = [
        Sample(country, "capitals", "text", f"What is the capital of {country}?", (city,), "probe")
        for country, city in CAPITALS.items()
    ]
    with workspace.store() as store:
        store.samples.add([(sample, content_hash(sample)) for sample in samples], "made")
    return workspace


@pytest.mark.timeout(280)
async def test_the_student_is_probed_and_answers_in_the_chat(capitals: Workspace, tmp_path: Path) -> None:
    async with opened(capitals, tmp_path, (120, 40), "probe") as pilot:
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, StartProbe))
        pilot.app.screen.query_one("#yes", Button).press()
        grid = pilot.app.screen_stack[0].query_one(HeatMap)
        await until(pilot, lambda: grid.row is not None and grid.row.selection is not None, 200)
        assert grid.row is not None and grid.row.task == "capitals"
        with capitals.store() as store:
            (chosen,) = store.selections.current().values()
        assert chosen.accuracy is not None and chosen.accuracy > 0, "it knows at least one of these"

        await pilot.press("8", "i")
        await pilot.press(*"Name the capital of France.", "enter")
        left = pilot.app.screen.query(Column).first()
        await until(pilot, lambda: bool(left.turns), 60)
        assert "Paris" in left.turns[0].answer
