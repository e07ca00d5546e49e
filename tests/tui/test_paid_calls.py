"""No key and no entry of the palette sends calls to an endpoint without a form, an estimate and the limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Static

from orca_local.runs.workspace import Workspace
from tests.openai_server import OpenAIServer, answer
from tests.teach.scene import KEY, solve
from tests.tui.answers import add_run, make_answers
from tests.tui.scene import opened, settle, until
from tests.workspaces import make_workspace
from tui.app import OrcaApp
from tui.dialogs.start_form import StartForm
from tui.screens.home.start import StartRun
from tui.screens.probe.start import StartProbe
from tui.screens.teach.start import StartTeach

pytestmark = pytest.mark.anyio

PRICE = '[[price]]\nmodel = "scripted"\ninput = 1.0\noutput = 4.0\n'
FAILED: list[tuple[str, dict[str, Any]]] = [
    ("StageStarted", {"stage": "teach", "total": 4, "unit": "samples"}),
    ("CallFailed", {"sample_id": "n0000", "strategy": "step_by_step", "error": "refused"}),
]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def paid(directory: Path, student: Path, url: str, **teacher: Any) -> Workspace:
    values = {"kind": "openai", "model": "scripted", "base_url": url, **teacher}
    workspace = make_answers(directory, student, 4, answered=0, **values)
    (workspace.directory / "prices.toml").write_text(PRICE)
    return workspace


def choose(pilot: Pilot[None], title: str) -> None:
    """Choose an entry of the command palette."""
    app = pilot.app
    assert isinstance(app, OrcaApp)
    (command,) = (entry for entry in app.get_system_commands(app.screen) if entry.title == title)
    command.callback()


async def shown(pilot: Pilot[None], kind: type[StartForm]) -> str:
    """The estimate of the form that is open, once it is there."""
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    form = pilot.app.screen
    await until(pilot, lambda: "estimating" not in str(form.query_one("#estimate", Static).content), 60)
    return str(form.query_one("#estimate", Static).content)


def runs(workspace: Workspace) -> int:
    with workspace.store() as store:
        return len(store.runs.list())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "kind"),
    [("g", StartTeach), ("r", StartRun), ("Ask the teacher", StartTeach), ("Run all stages", StartRun)],
)
async def test_home_and_the_palette_ask_before_a_teacher_is_paid(
    tmp_path: Path, tiny_gguf: Path, way: str, kind: type[StartForm]
) -> None:
    with OpenAIServer(solve) as server:
        workspace = paid(tmp_path / "ws", tiny_gguf, server.url)
        async with opened(workspace, tmp_path) as pilot:
            await (pilot.press(way) if len(way) == 1 else settle_after(pilot, way))
            text = await shown(pilot, kind)
            assert "about 4 calls" in text and "never more than $" in text and "NO LIMIT on cost or calls" in text
            await pilot.press("escape")
            await settle(pilot)
        assert runs(workspace) == 0 and not server.requests


async def settle_after(pilot: Pilot[None], title: str) -> None:
    choose(pilot, title)
    await settle(pilot)


@pytest.mark.slow
async def test_retrying_asks_too_and_shows_the_limits(tmp_path: Path, tiny_gguf: Path) -> None:
    with OpenAIServer(solve) as server:
        workspace = paid(tmp_path / "ws", tiny_gguf, server.url, max_usd=2.0, max_calls=90)
        add_run(workspace, "teach", FAILED, "done")
        async with opened(workspace, tmp_path, mode="teach") as pilot:
            await pilot.press("r")
            text = await shown(pilot, StartTeach)
            assert "limit: $2 for this workspace, $0.0000 of it spent (teacher.max_usd)" in text
            assert "90 calls, 0 of them made (teacher.max_calls)" in text
            assert not server.requests
            form = pilot.app.screen
            await until(pilot, lambda: not form.query_one("#yes", Button).disabled)
            await pilot.press("enter")
            await until(pilot, lambda: len(server.requests) == 4, 60)
            await until(pilot, lambda: runs(workspace) == 2)


@pytest.mark.slow
async def test_all_stages_cannot_start_before_their_cost_can_be_estimated(tmp_path: Path, tiny_gguf: Path) -> None:
    with OpenAIServer(solve) as server:
        directory = make_workspace(tmp_path / "ws", tiny_gguf)
        path = directory / "orca.toml"
        teacher = f'kind = "openai"\nmodel = "scripted"\nbase_url = "{server.url}"'
        path.write_text(path.read_text().replace('kind = "file"', teacher))
        async with opened(Workspace.open(directory), tmp_path) as pilot:
            await pilot.press("r")
            text = await shown(pilot, StartRun)
            assert "no strategy is chosen yet" in text and "orca-local probe" in text
            assert pilot.app.screen.query_one("#yes", Button).disabled
            await pilot.press("enter")
            await settle(pilot)
        assert runs(Workspace.open(directory)) == 0 and not server.requests


@pytest.mark.slow
async def test_a_served_student_is_probed_from_the_form_alone(tmp_path: Path, tiny_gguf: Path) -> None:
    with OpenAIServer(lambda *_: answer("Answer: 4")) as server:
        directory = make_workspace(tmp_path / "ws", tiny_gguf)
        path = directory / "orca.toml"
        engine = f'[engine]\nkind = "openai"\nmodel = "served"\nbase_url = "{server.url}"\n'
        path.write_text(path.read_text().replace("[engine]\n", engine))
        async with opened(Workspace.open(directory), tmp_path) as pilot:
            for way in ("g", "Test the strategies"):
                await (pilot.press(way) if len(way) == 1 else settle_after(pilot, way))
                text = await shown(pilot, StartProbe)
                assert f"NO LIMIT: each answer is a call to served at {server.url}" in text
                await pilot.press("escape")
                await settle(pilot)
        assert not server.requests
