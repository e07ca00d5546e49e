"""The train screen: curves, figures, start, stop and resume."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Checkbox, Input, Static

from orca_local.domain.events import StepTrained
from orca_local.runs.workspace import Workspace
from tests.tui import stored_runs
from tests.tui.scene import compare_pictures, opened, settle, until
from tests.workspaces import run_command
from tui.dialogs.fields import FieldsDialog
from tui.screens.train.screen import TrainScreen
from tui.widgets.plot import LossPlot
from tui.widgets.text_view import TextView

pytestmark = pytest.mark.anyio


def shown(pilot: Pilot[None], name: str = "figures") -> str:
    return str(pilot.app.screen.query_one(f"#{name}", Static).content)


@pytest.mark.slow
async def test_screens_match_their_pictures(workspace: Workspace, tmp_path: Path) -> None:
    await compare_pictures(workspace, tmp_path, "train", "train-empty")
    with workspace.store() as store:
        run_id, training_id = stored_runs.add_training(store, workspace, last=80)
        await compare_pictures(workspace, tmp_path, "train", "train-running")
        store.runs.finish(run_id, "interrupted")

        async def ask(pilot: Pilot[None]) -> None:
            await pilot.press("g")

        await compare_pictures(workspace, tmp_path, "train", "train-go-on", ask)
        run_id, training_id = stored_runs.add_training(store, workspace, first=76)
        stored_runs.finish_training(store, workspace, run_id, training_id, 120)
    await compare_pictures(workspace, tmp_path, "train", "train-done")


@pytest.mark.slow
async def test_a_resumed_training_shows_its_whole_curve(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        run_id, _ = stored_runs.add_training(store, workspace, last=80)
        store.runs.finish(run_id, "interrupted")
        async with opened(workspace, tmp_path, mode="train") as pilot:
            assert "stopped after step 80 of 120" in shown(pilot, "state")
            assert "resume from step 75" in shown(pilot, "state")
            stored_runs.add_training(store, workspace, first=76, last=90)
            await until(pilot, lambda: "90/120" in shown(pilot))
            assert "resumed from step 75" in shown(pilot, "state")
            screen = pilot.app.screen
            assert isinstance(screen, TrainScreen)
            await until(pilot, lambda: len(screen.query_one(LossPlot).curve) == 90)
        async with opened(workspace, tmp_path, mode="train") as pilot:
            plot = pilot.app.screen.query_one(LossPlot)
            assert len(plot.curve) == 90
            assert "90/120" in shown(pilot) and "★" in shown(pilot)


@pytest.mark.slow
async def test_figures_follow_a_run(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        run_id, training_id = stored_runs.add_training(store, workspace, last=20)
        async with opened(workspace, tmp_path, mode="train") as pilot:
            assert (
                "20/120" in shown(pilot)
                and "1.00 GB" in shown(pilot)
                and "training on 400 rows" in shown(pilot, "state")
            )
            stored_runs.add_events(store, run_id, StepTrained(21, 0.5, 1e-3, 0.25, 2400, 0.8))
            await until(pilot, lambda: "21/120" in shown(pilot))
            assert "0.5000" in shown(pilot) and "0.250" in shown(pilot)
            stored_runs.finish_training(store, workspace, run_id, training_id, 15)
            await until(pilot, lambda: "best step: 15" in shown(pilot, "state"))
            assert "900 MB" in shown(pilot)
            assert shown(pilot, "path") == "adapter: adapters/0123456789abcdef/adapter"


@pytest.mark.slow
async def test_a_failure_shows_its_remedy(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        run_id, _ = stored_runs.add_training(store, workspace, last=20)
        stored_runs.fail(store, run_id, "step 21 needs more [memory]", "set train.batch_size = 4")
        async with opened(workspace, tmp_path, mode="train") as pilot:
            assert f"run {run_id} failed: step 21 needs more [memory]" in shown(pilot, "state")
            assert "→ set train.batch_size = 4" in shown(pilot, "state")
        later = stored_runs.start_run(store, workspace, "train")
        stored_runs.fail(store, later, "there are no rows", "build them")
    async with opened(workspace, tmp_path, mode="train") as pilot:
        assert "there are no rows; below: the training before it" in shown(pilot, "state")
        assert "20/120" in shown(pilot)


@pytest.mark.slow
async def test_the_form_checks_its_values(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, mode="train") as pilot:
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, FieldsDialog))
        dialog = pilot.app.screen
        assert dialog.query_one("#learning_rate", Input).value == "0.01"
        dialog.query_one("#rank", Input).value = "many"
        await pilot.pause()
        dialog.query_one("#yes", Button).press()
        await pilot.pause()
        assert "many is not a whole number" in str(dialog.query_one("#problem", Static).content)
        dialog.query_one("#rank", Input).value = "9999"
        await pilot.pause()
        dialog.query_one("#yes", Button).press()
        await pilot.pause()
        assert "train.rank = 9999" in str(dialog.query_one("#problem", Static).content)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, TrainScreen)


@pytest.mark.slow
async def test_another_recipe_cannot_resume(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        run_id, _ = stored_runs.add_training(store, workspace, last=20)
        store.runs.finish(run_id, "interrupted")
    async with opened(workspace, tmp_path, mode="train") as pilot:
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, FieldsDialog))
        described = pilot.app.screen.query_one("#describe", Static)
        assert "resumes from step 15 of 120" in str(described.content)
        pilot.app.screen.query_one("#rank", Input).value = "8"
        await until(pilot, lambda: "With another rank it cannot resume" in str(described.content))
        pilot.app.screen.query_one(Checkbox).value = False
        await until(pilot, lambda: "This starts a new training" in str(described.content))


@pytest.mark.slow
async def test_a_real_training_is_started_and_stopped(workspace: Workspace, tmp_path: Path) -> None:
    run_command(workspace.directory, "probe", "--samples", "2")
    run_command(workspace.directory, "teach")
    async with opened(workspace, tmp_path, mode="train") as pilot:
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, FieldsDialog))
        pilot.app.screen.query_one("#max_steps", Input).value = "3000"
        await pilot.pause()
        await pilot.press("enter")
        screen = pilot.app.screen
        plot = screen.query_one(LossPlot)
        await until(pilot, lambda: len(plot.curve) > 3, 40)
        await pilot.press("x")
        await until(pilot, lambda: bool(pilot.app.screen.query("#yes")))
        await pilot.press("enter")
        await until(pilot, lambda: "resume from step" in shown(pilot, "state"))
        assert list(plot.curve) == list(range(1, len(plot.curve) + 1))
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, FieldsDialog))
        assert pilot.app.screen.query_one("#max_steps", Input).value == "3000"
        assert "of 3000" in str(pilot.app.screen.query_one("#describe", Static).content)


@pytest.mark.slow
async def test_the_students_answers_are_shown(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        stored_runs.add_training(store, workspace, last=40)
        asked = store.samples.list(split="train")[0]
    async with opened(workspace, tmp_path, (120, 40), "train") as pilot:
        assert asked.prompt[:20] in shown(pilot, "answers") and "Answer: 30" in shown(pilot, "answers")
        assert "Answer: 15" not in shown(pilot, "answers")
        await pilot.press("a")
        await settle(pilot)
        text = pilot.app.screen.query_one(TextView).text
        assert asked.prompt in text and asked.answers[0] in text
        assert text.index("after step 30") < text.index("after step 15")
        assert "Answer: 15 …" in text and "Answer: 30 …" not in text, "the first ones were cut off"


async def test_there_are_no_answers_before_the_first_validation(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        stored_runs.add_training(store, workspace, last=10)
    async with opened(workspace, tmp_path, (120, 40), "train") as pilot:
        assert not pilot.app.screen.query_one("#answers").display
        await pilot.press("a")
        await pilot.pause()
        assert isinstance(pilot.app.screen, TrainScreen)
