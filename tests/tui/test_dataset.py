"""The dataset screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from orca_local.kinds.verdict import Verdict
from orca_local.runs.workspace import Workspace
from orca_local.store.demonstrations import DemonstrationRow
from tests.tui.answers import add_run, make_answers
from tests.tui.scene import compare_pictures, opened, said, settle, until
from tui.dialogs.dialog import Dialog, ErrorDialog
from tui.screens.dataset.edit import EditDialog
from tui.screens.dataset.filters import FilterDialog
from tui.widgets.listing import Listing

pytestmark = pytest.mark.anyio


def listing(pilot: Pilot[None]) -> Listing[DemonstrationRow]:
    return pilot.app.screen_stack[0].query_one("#answers", Listing)


def stored(workspace: Workspace) -> list[DemonstrationRow]:
    with workspace.store() as store:
        return store.demonstrations.list()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


@pytest.mark.slow
async def test_it_looks_as_it_should(tmp_path: Path, answered: Workspace, tiny_gguf: Path) -> None:
    async def look_at_tokens(pilot: Pilot[None]) -> None:
        await press(pilot, "down", "t")

    add_run(
        answered,
        "dataset",
        [
            ("StageStarted", {"stage": "dataset", "total": 30, "unit": "answers"}),
            (
                "StageFinished",
                {
                    "stage": "dataset",
                    "summary": {
                        "rows": 23,
                        "dropped": {"mismatch": 6, "instruction_leak": 1},
                        "tokens": 1234,
                        "loss_tokens": 345,
                    },
                },
            ),
        ],
        "done",
    )
    await compare_pictures(answered, tmp_path, "dataset", "dataset-answers")
    await compare_pictures(answered, tmp_path, "dataset", "dataset-tokens", look_at_tokens)
    await compare_pictures(make_answers(tmp_path / "empty", tiny_gguf, 0), tmp_path, "dataset", "dataset-empty")


@pytest.mark.slow
async def test_answers_are_accepted_rejected_and_left_alone_again(tmp_path: Path, answered: Workspace) -> None:
    async with opened(answered, tmp_path, mode="dataset") as pilot:
        await press(pilot, "a", "r")
        assert [row.review for row in listing(pilot).rows[:3]] == ["accepted", "rejected", "pending"]
        await press(pilot, "up", "u")
        assert [row.review for row in stored(answered)[:3]] == ["accepted", "pending", "pending"]


@pytest.mark.slow
async def test_all_that_match_are_decided_at_once_after_asking(tmp_path: Path, answered: Workspace) -> None:
    async with opened(answered, tmp_path, mode="dataset") as pilot:
        await press(pilot, "f")
        assert isinstance(pilot.app.screen, FilterDialog)
        await press(pilot, "down", "right", "right", "down", "s", "enter")
        assert "3 of 30" in said(pilot, "#matching")
        await press(pilot, "R")
        asked = pilot.app.screen
        assert isinstance(asked, Dialog)
        assert "Reject 3 answers?" in str(asked.query_one("VerticalScroll").border_title)
        await press(pilot, "escape")
        assert all(row.review == "pending" for row in stored(answered))
        await press(pilot, "R", "enter")
        rejected = {row.sample_id for row in stored(answered) if row.review == "rejected"}
        assert rejected == {"n0005", "n0015", "n0025"}
        await press(pilot, "f", "backspace", "enter")
        assert len(listing(pilot).rows) == 30


@pytest.mark.slow
async def test_words_are_searched_for(tmp_path: Path, answered: Workspace) -> None:
    async with opened(answered, tmp_path, mode="dataset") as pilot:
        await press(pilot, "slash", *"otter", "enter")
        assert {row.demonstration_id % 3 for row in listing(pilot).rows} == {2}
        assert "search: “otter”" in said(pilot, "#matching")
        await press(pilot, "slash", *"1 b", "enter")
        assert not listing(pilot).rows
        assert "No answer matches" in said(pilot, "#nothing")
        await press(pilot, "escape")
        assert len(listing(pilot).rows) == 30


@pytest.mark.slow
async def test_one_that_repeats_its_instruction_is_found(tmp_path: Path, answered: Workspace) -> None:
    async with opened(answered, tmp_path, mode="dataset") as pilot:
        await press(pilot, "f", "up", "up", "right", "enter")
        assert [row.sample_id for row in listing(pilot).rows] == ["n0000"]
        assert "repeats the instruction: no training row" in said(pilot, "#question Static")


@pytest.mark.slow
async def test_an_answer_is_edited_and_nothing_is_lost_unasked(tmp_path: Path, answered: Workspace) -> None:
    async with opened(answered, tmp_path, mode="dataset") as pilot:
        await press(pilot, "e")
        assert isinstance(pilot.app.screen, EditDialog)
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, EditDialog)
        await press(pilot, "e")
        area = pilot.app.screen.query_one(TextArea)
        area.text = "Half of nothing is nothing.\nAnswer: 0"
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, Dialog)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, EditDialog)
        await press(pilot, "ctrl+s")
        changed = listing(pilot).current
        assert changed is not None
        assert (changed.review, changed.verified, changed.edited) == ("edited", True, True)
        assert stored(answered)[0].text.startswith("Half of nothing")
        await press(pilot, "e", "ctrl+r", "ctrl+s")
        assert not stored(answered)[0].edited
        await press(pilot, "e")
        pilot.app.screen.query_one(TextArea).text = " "
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, EditDialog)


@pytest.mark.slow
async def test_the_tokens_follow_the_cursor(tmp_path: Path, answered: Workspace) -> None:
    async with opened(answered, tmp_path, mode="dataset") as pilot:
        await press(pilot, "t", "down")
        seen = said(pilot, "#answer Static")
        assert "trained on " in seen
        assert "⟦Counting like a heron gives 1.\nAnswer: 1" in seen
        assert seen.endswith("⟧")
        await press(pilot, "t")
        assert said(pilot, "#answer Static").startswith("Counting")


@pytest.mark.slow
async def test_a_student_that_is_gone_is_said_once(tmp_path: Path) -> None:
    workspace = make_answers(tmp_path / "ws", tmp_path / "gone.gguf", 3)
    async with opened(workspace, tmp_path, mode="dataset") as pilot:
        await press(pilot, "t")
        assert isinstance(pilot.app.screen, ErrorDialog)
        await press(pilot, "enter", "down")
        assert not isinstance(pilot.app.screen, ErrorDialog)
        assert said(pilot, "#answer Static").startswith("Counting")


@pytest.mark.slow
async def test_rows_are_built_and_counted(tmp_path: Path, answered: Workspace) -> None:
    async with opened(answered, tmp_path, mode="dataset") as pilot:
        assert "no rows built yet" in said(pilot, "#build")
        await pilot.press("b")
        await until(pilot, lambda: " rows, trained on" in said(pilot, "#build"), 30)
        assert "6 mismatch" in said(pilot, "#build")


async def test_control_sequences_of_an_answer_are_not_obeyed(tmp_path: Path, answered: Workspace) -> None:
    with answered.store() as store:
        store.demonstrations.edit(1, "\x1b[31m[b]red[/b]\x1b]0;owned\x07", Verdict.UNCHECKED, 1)
    async with opened(answered, tmp_path, mode="dataset") as pilot:
        assert said(pilot, "#answer Static") == "[b]red[/b]"


@pytest.mark.slow
async def test_five_thousand_answers_are_searched_and_reviewed(tmp_path: Path, tiny_gguf: Path) -> None:
    workspace = make_answers(tmp_path / "many", tiny_gguf, 5000)
    async with opened(workspace, tmp_path, mode="dataset") as pilot:
        assert len(listing(pilot).rows) == 5000
        await press(pilot, "end", "a", "home", *["pagedown"] * 4)
        await press(pilot, "slash", *"whale", "enter")
        assert len(listing(pilot).rows) > 1600
