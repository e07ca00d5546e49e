"""Samples with a system message of their own and earlier turns, on the screens that show samples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from orca_local.domain.types import SPLITS
from orca_local.runs.workspace import Workspace
from orca_local.tasks.split import content_hash
from tests.conversations import OWN, SALE, TURNS
from tests.store.builders import measure
from tests.tui.answers import STEPS, add_answer
from tests.tui.scene import compare_pictures, opened, settle, until
from tui.screens.probe.samples import SamplesScreen
from tui.widgets.text_view import TextView

pytestmark = pytest.mark.anyio


@pytest.fixture
def talked(tmp_path: Path, tiny_gguf: Path) -> Workspace:
    """One conversation in each split; that of `train` is answered, that of `probe` measured."""
    settings = {"student": {"file": str(tiny_gguf)}, "teacher": {"kind": "file"}}
    workspace = Workspace.create(tmp_path / "ws", settings=settings)
    samples = {
        split: replace(SALE, id=f"sale-{split}", split=split, prompt=f"And with one pear added, for {split}?")
        for split in SPLITS
    }
    with workspace.store() as store:
        store.samples.add([(sample, content_hash(sample)) for sample in samples.values()], "test")
        store.strategies.ensure(STEPS)
        add_answer(store, samples["train"], "Four and three make seven.\nAnswer: 7", verified=True)
        run_id = store.runs.start("probe", "{}", {})
        measure(store, run_id, "sale-probe", "k", strategy=STEPS.name, system_message=f"{OWN}\n\n{STEPS.student}")
        store.runs.finish(run_id, "done")
    return workspace


@pytest.mark.slow
async def test_screens_match_their_pictures(talked: Workspace, tmp_path: Path) -> None:
    async def show_tokens(pilot: Pilot[None]) -> None:
        await pilot.press("t")

    await compare_pictures(talked, tmp_path, "tasks", "conversation-tasks")
    await compare_pictures(talked, tmp_path, "dataset", "conversation-tokens", show_tokens)


async def test_tasks_show_each_turn_under_its_role(talked: Workspace, tmp_path: Path) -> None:
    async with opened(talked, tmp_path, (120, 40), "tasks") as pilot:
        view = pilot.app.screen.query_one("#samples", TextView)
        await until(pilot, lambda: "sale-train" in view.text)
        parts = [f"[system]\n{OWN}", f"[user]\n{TURNS[0].content}", f"[assistant]\n{TURNS[1].content}", "[user]\nAnd"]
        assert "\n".join(parts) in view.text


async def test_an_answer_stands_beside_its_conversation(talked: Workspace, tmp_path: Path) -> None:
    async with opened(talked, tmp_path, (120, 40), "dataset") as pilot:
        await settle(pilot)
        shown = str(pilot.app.screen.query_one("#question Static", Static).content)
        assert f"system\n{OWN}\n\nuser\n{TURNS[0].content}\n\nassistant\n" in shown
        assert shown.endswith("user\nAnd with one pear added, for train?")


async def test_the_samples_of_a_cell_show_the_earlier_turns(talked: Workspace, tmp_path: Path) -> None:
    async with opened(talked, tmp_path, (120, 40), "probe") as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SamplesScreen))
        text = pilot.app.screen.query_one("#sample", Static)
        await until(pilot, lambda: "prompt" in str(text.content))
        assert f"system message\n{OWN}\n\n{STEPS.student}" in str(text.content)
        assert f"earlier turn: user\n{TURNS[0].content}" in str(text.content)
        assert f"earlier turn: assistant\n{TURNS[1].content}" in str(text.content)
