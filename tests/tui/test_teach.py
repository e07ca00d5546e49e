"""The teach screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Checkbox, Static

from orca_local.runs.workspace import Workspace
from tests.openai_server import OpenAIServer, Reply, answer
from tests.teach.scene import KEY, solve
from tests.teach.test_batch import BatchServer
from tests.tui.answers import add_run, make_answers
from tests.tui.scene import compare_pictures, opened, said, settle, until
from tui.dialogs.dialog import ErrorDialog
from tui.screens.teach.start import StartTeach
from tui.widgets.listing import Listing

pytestmark = pytest.mark.anyio

PAID = {"kind": "openai", "model": "scripted", "base_url": "https://teacher.example/v1", "max_usd": 2.0}
UNDER_WAY: list[tuple[str, dict[str, Any]]] = [
    ("StageStarted", {"stage": "teach", "total": 30, "unit": "samples"}),
    *[
        ("CallAnswered", {"sample_id": f"n{n:04}", "strategy": "step_by_step", "cached": n < 3, "verified": n % 5 > 0})
        for n in range(12)
    ],
    ("CallFailed", {"sample_id": "n0012", "strategy": "step_by_step", "error": "refused: I would rather not."}),
    ("CallFailed", {"sample_id": "n0013", "strategy": "step_by_step", "error": "cut at 1024 tokens"}),
    ("CallFailed", {"sample_id": "n0014", "strategy": "step_by_step", "error": "refused: I would rather not."}),
    ("Warned", {"message": "3 questions wait in a batch and are not asked", "hint": ""}),
    ("StageProgressed", {"done": 12, "tokens": 700, "note": "", "usd": 0.5}),
]


def listing(pilot: Pilot[None], place: str = "#answers") -> Listing[Any]:
    return pilot.app.screen_stack[0].query_one(place, Listing)


async def start(pilot: Pilot[None], limit: str = "", key: str = "g") -> None:
    await pilot.press(key, *limit)
    await settle(pilot)
    dialog = pilot.app.screen
    assert isinstance(dialog, StartTeach)
    await until(pilot, lambda: not dialog.query_one("#yes", Button).disabled)
    await pilot.press("enter")


@pytest.mark.slow
async def test_screens_match_their_pictures(tmp_path: Path, tiny_gguf: Path) -> None:
    async def hear_of_the_run(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "3 min left" in said(pilot, "#progress") and "teach 12" in said(pilot, "#stage"))

    running = make_answers(tmp_path / "running", tiny_gguf, 30, answered=12, **PAID)
    add_run(running, "teach", UNDER_WAY)
    await compare_pictures(running, tmp_path, "teach", "teach-running", hear_of_the_run)
    await compare_pictures(make_answers(tmp_path / "empty", tiny_gguf, 0), tmp_path, "teach", "teach-empty")


async def test_a_running_stage_shows_its_progress(tmp_path: Path, tiny_gguf: Path) -> None:
    workspace = make_answers(tmp_path / "ws", tiny_gguf, 30, answered=12, **PAID)
    add_run(workspace, "teach", UNDER_WAY)
    async with opened(workspace, tmp_path, mode="teach") as pilot:
        figures = said(pilot, "#progress")
        assert "12 of 30 samples" in figures
        assert "9 new, 3 cached, 3 failed · 9 match the reference (9 equal), 3 do not match" in figures
        assert "$0.5000 of $2 (25 %)" in figures
        assert listing(pilot, "#failures").rows == [("refused: I would rather not.", 2), ("cut at 1024 tokens", 1)]
        await pilot.press("g")
        await settle(pilot)
        assert not isinstance(pilot.app.screen, StartTeach)


async def test_an_answer_is_shown_beside_its_reference(tmp_path: Path, tiny_gguf: Path) -> None:
    workspace = make_answers(tmp_path / "ws", tiny_gguf, 12)
    async with opened(workspace, tmp_path, mode="teach") as pilot:
        await pilot.press("down")
        await settle(pilot)
        assert "Answer: 6" in said(pilot, "#answer Static")
        question = said(pilot, "#question Static")
        assert "reference  5" in question
        assert "does not match the reference" in question
        assert "What is half of 10?" in question


@pytest.mark.slow
async def test_a_limit_is_taught_after_an_estimate(workspace: Workspace, tmp_path: Path, tiny_gguf: Path) -> None:
    taught = make_answers(tmp_path / "taught", tiny_gguf, 8, answered=0, file="answers.jsonl")
    lines = [f'{{"id": "n{number:04}", "text": "Answer: {2 * number}"}}\n' for number in range(8)]
    (taught.directory / "answers.jsonl").write_text("".join(lines))
    async with opened(taught, tmp_path, mode="teach") as pilot:
        assert "has not been asked yet" in said(pilot, "#nothing")
        await pilot.press("e")
        await settle(pilot)
        assert "8 questions, 0 answered already: about 8 calls" in said(pilot, "#estimate")
        assert "cost: none" in said(pilot, "#estimate")
        await start(pilot, "3")
        await until(pilot, lambda: "✓ done · 3 of 3 samples" in said(pilot, "#progress"), 40)
        await until(pilot, lambda: len(listing(pilot).rows) == 3)
        await start(pilot)
        await until(pilot, lambda: "5 new, 3 cached" in said(pilot, "#progress"), 40)


@pytest.mark.slow
async def test_failed_calls_are_retried(tmp_path: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def script(request: dict[str, Any], number: int) -> Reply:
        return answer(None, refusal="Not now.") if number <= 2 else solve(request, number)

    with OpenAIServer(script) as server:
        teacher = PAID | {"base_url": server.url, "max_usd": 0.0}
        workspace = make_answers(tmp_path / "ws", tiny_gguf, 6, answered=0, **teacher)
        async with opened(workspace, tmp_path, mode="teach") as pilot:
            await start(pilot)
            await until(pilot, lambda: "4 new, 0 cached, 2 failed" in said(pilot, "#progress"), 40)
            await until(pilot, lambda: "✓ done" in said(pilot, "#progress"))
            ((reason, count),) = listing(pilot, "#failures").rows
            assert ("Not now." in reason, count) == (True, 2)
            await start(pilot, key="r")
            await until(pilot, lambda: "2 new, 4 cached, 0 failed" in said(pilot, "#progress"), 40)
            assert not listing(pilot, "#failures").display


@pytest.mark.slow
async def test_a_batch_is_sent_and_collected_later(
    tmp_path: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    async def ask_how(pilot: Pilot[None]) -> Checkbox:
        await pilot.press("g")
        await until(pilot, lambda: bool(pilot.app.screen.query(Checkbox)))
        return pilot.app.screen.query_one(Checkbox)

    async def begin(pilot: Pilot[None]) -> None:
        dialog = pilot.app.screen
        await until(pilot, lambda: not dialog.query_one("#yes", Button).disabled)
        await until(pilot, lambda: "collect the answers" in str(dialog.query_one("#estimate", Static).content))
        dialog.query_one("#yes", Button).press()

    with BatchServer() as server:
        teacher = PAID | {"base_url": server.url, "max_usd": 0.0}
        workspace = make_answers(tmp_path / "ws", tiny_gguf, 6, answered=0, **teacher)
        async with opened(workspace, tmp_path, mode="teach") as pilot:
            box = await ask_how(pilot)
            assert not box.value
            box.toggle()
            await begin(pilot)
            await until(pilot, lambda: "6 questions wait in a batch" in said(pilot, "#progress"), 40)
            await until(pilot, lambda: "✓ done" in said(pilot, "#progress"))
            assert (len(server.batches), len(server.questions())) == (1, 6)
            server.state = "completed"
            assert (await ask_how(pilot)).value, "there is something to collect"
            await begin(pilot)
            await until(pilot, lambda: "6 new, 0 cached, 0 failed" in said(pilot, "#progress"), 40)
            assert "wait in a batch" not in said(pilot, "#progress")
            assert len(server.batches) == 1


async def test_only_an_endpoint_offers_batches(tmp_path: Path, tiny_gguf: Path) -> None:
    workspace = make_answers(tmp_path / "ws", tiny_gguf, 4, answered=0)
    async with opened(workspace, tmp_path, mode="teach") as pilot:
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, StartTeach))
        assert not pilot.app.screen.query(Checkbox)


@pytest.mark.slow
async def test_the_form_matches_its_pictures(tmp_path: Path, tiny_gguf: Path) -> None:
    async def ask_how(pilot: Pilot[None]) -> None:
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, StartTeach))
        await pilot.press("tab", "space")
        await until(
            pilot, lambda: "collect the answers" in str(pilot.app.screen.query_one("#estimate", Static).content)
        )

    workspace = make_answers(tmp_path / "ws", tiny_gguf, 30, answered=0, **PAID)
    await compare_pictures(workspace, tmp_path, "teach", "teach-start", ask_how)


@pytest.mark.slow
async def test_a_missing_stage_shows_its_remedy(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, mode="teach") as pilot:
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, ErrorDialog))
        shown = " ".join(str(part.content) for part in pilot.app.screen.query(Static))
        assert "orca-local probe" in shown
        await pilot.press("enter", "g")
        await until(pilot, lambda: isinstance(pilot.app.screen, StartTeach))
        takes = pilot.app.screen.query_one("#estimate", Static)
        await until(pilot, lambda: "orca-local probe" in str(takes.content))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, StartTeach), "it cannot be started"
