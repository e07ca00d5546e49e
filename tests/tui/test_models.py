"""The models screen: downloads and file headers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from orca_local.models.catalog import find_model
from orca_local.models.locate import find_local
from orca_local.runs.workspace import Workspace
from orca_local.system import memory
from tests.hub_server import Faults, HubServer
from tests.tui.scene import compare_pictures, opened, until
from tui.dialogs.dialog import ErrorDialog
from tui.dialogs.file_picker import FilePicker
from tui.dialogs.text_dialog import TextDialog
from tui.widgets.listing import Listing
from tui.widgets.text_view import TextView

pytestmark = pytest.mark.anyio

MODEL = find_model("qwen3-0.6b")


@pytest.fixture(autouse=True)
def small_machine(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with 4 GB of memory and no models."""
    (tmp_path / "memory.max").write_text("4000000000")
    monkeypatch.setattr(memory, "CGROUP", tmp_path)


@pytest.fixture
def hub(tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer(MODEL.repo, MODEL.file, tiny_gguf.read_bytes(), Faults(pause_s=0.2)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def status(pilot: Pilot[None], row: int = 1) -> str:
    listing = pilot.app.screen_stack[0].query_one("#models", Listing)
    column = next(column for column in listing.columns if column.title == "status")
    return column.text(listing.rows[row])


@pytest.mark.slow
async def test_a_download_is_stopped_and_resumed(empty: Workspace, tmp_path: Path, hub: HubServer) -> None:
    async with opened(empty, tmp_path, mode="models") as pilot:
        assert [status(pilot, 0), status(pilot)] == ["on disk", "not on disk"]
        await pilot.press("down", "p")
        await until(pilot, lambda: "continues" in about(pilot) and "x to stop it" in about(pilot))
        await until(pilot, lambda: any(part.stat().st_size > 300_000 for part in (tmp_path / "models").rglob("*.part")))
        await pilot.press("x")
        await until(pilot, lambda: "press p to resume" in about(pilot))
        assert status(pilot).endswith("% on disk") and find_local(MODEL) is None
        hub.faults.pause_s = 0.0
        await pilot.press("p")
        await until(pilot, lambda: status(pilot) == "on disk")
        assert hub.downloads[-1][0].startswith("bytes=")
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
        assert "llama" in pilot.app.screen.query_one(TextView).text


@pytest.mark.slow
async def test_a_failed_download_shows_a_remedy(
    empty: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    async with opened(empty, tmp_path, mode="models") as pilot:
        await pilot.press("down", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, ErrorDialog) and bool(pilot.app.screen.query("#yes")))
        said = "".join(str(static.content) for static in pilot.app.screen.query(Static))
        assert "did not send" in said and "pull again" in said
        await pilot.press("escape")
        await until(pilot, lambda: status(pilot) == "not on disk")


@pytest.mark.slow
async def test_headers_of_models_and_other_files_are_shown(tmp_path: Path, tiny_gguf: Path) -> None:
    (tmp_path / "some.gguf").symlink_to(tiny_gguf)
    async with opened(None, tmp_path, mode="models") as pilot:
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
        text = pilot.app.screen.query_one(TextView).text
        for said in ("134,515,008", "Q4_1", "8,192 tokens", "trainable       yes", "chat template\n{%"):
            assert said in text
        await pilot.press("escape", "f")
        await until(pilot, lambda: isinstance(pilot.app.screen, FilePicker))
        await pilot.press(*"some", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
        assert "F16" in pilot.app.screen.query_one(TextView).text


@pytest.mark.slow
async def test_a_missing_model_says_how_to_get_it(empty: Workspace, tmp_path: Path) -> None:
    async with opened(empty, tmp_path, mode="models") as pilot:
        await pilot.press("down", "i")
        await until(pilot, lambda: isinstance(pilot.app.screen, ErrorDialog))
        said = "".join(str(static.content) for static in pilot.app.screen.query(Static))
        assert "orca-local models pull qwen3-0.6b" in said


@pytest.mark.slow
async def test_screens_match_their_pictures(empty: Workspace, tmp_path: Path, models: Path) -> None:
    directory = models / MODEL.repo.replace("/", "--")
    directory.mkdir(parents=True)
    with (directory / f"{MODEL.file}.abc.part").open("wb") as part:
        part.truncate(200_000_000)

    async def down(pilot: Pilot[None]) -> None:
        await pilot.press("down")

    await compare_pictures(empty, tmp_path, "models", "models-catalog", down)


def about(pilot: Pilot[None]) -> str:
    return pilot.app.screen_stack[0].query_one("#about", TextView).text
