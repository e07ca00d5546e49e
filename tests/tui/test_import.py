"""The import of files: previewed, mapped, refused by line, shown while it runs, stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Select, Static

from orca_local.domain.types import Sample
from orca_local.runs.workspace import Workspace
from tests.hub_server import Faults, HubServer
from tests.tasks.mix.made_hub import made_datasets
from tests.tui.scene import compare_pictures, opened, settle, until
from tui.dialogs.file_picker import Entry
from tui.dialogs.text_dialog import TextDialog
from tui.screens.tasks import importing
from tui.screens.tasks.import_dialog import ImportDialog
from tui.screens.tasks.import_progress import ImportProgress
from tui.screens.tasks.source_picker import SourcePicker
from tui.widgets.listing import Listing
from tui.widgets.text_view import TextView

pytestmark = pytest.mark.anyio


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ws")


def write_file(path: Path, good: int, bad: int) -> Path:
    lines = [
        json.dumps({"id": f"g{i}", "task": "new", "kind": "number", "prompt": f"{i}?", "answer": i})
        for i in range(good)
    ]
    lines[1:1] = ["{"] * bad
    path.write_text("".join(line + "\n" for line in lines))
    return path


async def pick(pilot: Pilot[None], path: Path) -> ImportDialog:
    """Press `a`, take a file by its name's beginning, and wait until its rows are shown."""
    return await pick_typed(pilot, *path.name[:3])


async def pick_typed(pilot: Pilot[None], *keys: str) -> ImportDialog:
    """Press `a`, type these keys and Enter, and wait until the rows are shown."""
    await pilot.press("a")
    await until(pilot, lambda: isinstance(pilot.app.screen, SourcePicker))
    await pilot.press(*keys, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ImportDialog))
    dialog = pilot.app.screen
    assert isinstance(dialog, ImportDialog)
    await until(pilot, lambda: "reading" not in counts(dialog))
    return dialog


async def import_file(pilot: Pilot[None], path: Path) -> None:
    """Import a file as it is guessed."""
    await pick(pilot, path)
    await pilot.press("enter")


def counts(dialog: ImportDialog) -> str:
    return str(dialog.query_one("#counts", Static).content)


def rows_text(dialog: ImportDialog) -> str:
    return dialog.query_one(TextView).text


def label(dialog: ImportDialog, name: str) -> str:
    """What a selection shows."""
    select = dialog.query_one(f"#{name}", Select)
    return str({value: text for text, value in select._options}[select.value])


def is_notified(pilot: Pilot[None], text: str) -> bool:
    return any(text in notification.message for notification in pilot.app._notifications)


def names(pilot: Pilot[None]) -> list[str]:
    return [task.count.task for task in pilot.app.screen.query_one("#tasks", Listing).rows]


def shows_tasks(pilot: Pilot[None], tasks: list[str]) -> bool:
    return bool(pilot.app.screen.query("#tasks")) and names(pilot) == tasks


def samples(workspace: Workspace) -> list[Sample]:
    with workspace.store() as store:
        return list(store.samples.list())


@pytest.mark.slow
async def test_a_file_is_imported_from_the_empty_screen(empty: Workspace, tmp_path: Path) -> None:
    path = write_file(tmp_path / "more.jsonl", 5, 0)
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        assert "quickstart" in str(pilot.app.screen.query_one("#none Static", Static).content)
        for said in ("5 samples added, 0 duplicates skipped, 0 rejected", "0 samples added, 5 duplicates"):
            dialog = await pick(pilot, path)
            assert "the columns are the keys of the task format" in rows_text(dialog)
            assert label(dialog, "prompt") == "prompt *" and counts(dialog) == "the first 5 rows: 5 good"
            await pilot.press("enter")
            await until(pilot, partial(is_notified, pilot, said))
        await until(pilot, partial(shows_tasks, pilot, ["new"]))


@pytest.mark.slow
async def test_bad_lines_are_all_shown_and_the_good_ones_imported_or_nothing(empty: Workspace, tmp_path: Path) -> None:
    path = write_file(tmp_path / "more.jsonl", 5, 1500)
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        for answer, tasks in (("no", []), ("yes", ["new"])):
            await import_file(pilot, path)
            await until(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
            shown = pilot.app.screen.query_one(TextView).text
            assert str(path) in shown and shown.count("not JSON") == 1500 and "  1501  not JSON" in shown
            button = pilot.app.screen.query_one(f"#{answer}", Button)
            assert answer == "no" or str(button.label) == "Import the 5 good lines"
            button.focus()
            await pilot.press("enter")
            await settle(pilot)
            await until(pilot, partial(shows_tasks, pilot, tasks))


@pytest.mark.slow
async def test_a_file_without_samples_says_so_and_cannot_be_imported(empty: Workspace, tmp_path: Path) -> None:
    (tmp_path / "void.jsonl").touch()
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        dialog = await pick(pilot, tmp_path / "void.jsonl")
        assert "it is empty" in rows_text(dialog) and counts(dialog) == "nothing can be imported yet"
        assert dialog.query_one("#yes", Button).disabled
        await pilot.press("escape")
        await until(pilot, partial(shows_tasks, pilot, []))


@pytest.mark.slow
async def test_columns_are_mapped_in_the_fields_and_the_rows_follow(empty: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "fragen.csv"
    lines = [f"Wo liegt Dorf {n}?;Gau {n};{n}" for n in range(30)]
    path.write_text("\n".join(["frage;antwort;nummer", *lines]), encoding="utf-8")
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        dialog = await pick(pilot, path)
        assert "no column is known to be the prompt" in rows_text(dialog)
        assert "frage: Wo liegt Dorf 9?" in rows_text(dialog) and "Dorf 10?" not in rows_text(dialog)
        assert label(dialog, "prompt") == "?"
        dialog.query_one("#prompt").focus()
        await pilot.press("enter", "down", "enter")
        await until(pilot, lambda: "to be the answer" in rows_text(dialog))
        dialog.query_one("#answer").focus()
        await pilot.press("enter", "down", "down", "enter")
        await until(pilot, lambda: "→ Gau 9" in rows_text(dialog))
        assert (label(dialog, "prompt"), label(dialog, "answer"), label(dialog, "kind")) == (
            "frage",
            "antwort",
            "exact *",
        )
        dialog.query_one("#task_name", Input).focus()
        await pilot.press(*"orte")
        dialog.query_one("#limit", Input).focus()
        await pilot.press("x")
        await until(pilot, lambda: "the limit 'x' is no number of rows" in rows_text(dialog))
        await pilot.press("backspace", "7")
        await until(pilot, lambda: "── orte-" in rows_text(dialog))
        await pilot.press("enter")
        await until(pilot, partial(shows_tasks, pilot, ["orte"]))
    assert len(samples(empty)) == 7
    assert {(sample.kind, sample.prompt[:9]) for sample in samples(empty)} == {("exact", "Wo liegt ")}


@pytest.mark.slow
async def test_an_encoding_is_given_in_its_field(empty: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "wien.csv"
    path.write_bytes("question,answer\nWo liegt Wien?,Österreich\n".encode("cp1252"))
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        dialog = await pick(pilot, path)
        assert "cp1252" in rows_text(dialog)
        dialog.query_one("#encoding", Input).focus()
        await pilot.press(*"cp125")
        await until(pilot, lambda: "there is no text encoding 'cp125'" in rows_text(dialog))
        await pilot.press("2")
        await until(pilot, lambda: "→ Österreich" in rows_text(dialog))


@pytest.mark.slow
async def test_bad_rows_are_shown_with_their_cells(empty: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "zoo.jsonl"
    rows = [{"question": f"Q{n}?", "choices": ["ant", "bee"], "answer": "bee"} for n in range(12)]
    rows[3]["answer"] = "whale"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        dialog = await pick(pilot, path)
        assert counts(dialog) == "the first 10 rows: 9 good, 1 bad"
        assert "line 4 is bad: the answer 'whale' is no option" in rows_text(dialog)
        assert "question: Q3?" in rows_text(dialog)
        assert (label(dialog, "choices"), label(dialog, "kind")) == ("choices *", "multiple_choice *")


@pytest.mark.slow
async def test_a_long_import_shows_how_far_it_is_and_can_be_stopped(
    empty: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "QUICK_SECONDS", 0.0)
    path = write_file(tmp_path / "long.jsonl", 60_000, 0)
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        await import_file(pilot, path)
        await until(pilot, lambda: isinstance(pilot.app.screen, ImportProgress))
        await pilot.press("escape")
        await until(pilot, partial(is_notified, pilot, "long.jsonl: stopped, and nothing was added"))
        await until(pilot, partial(shows_tasks, pilot, []))
    assert samples(empty) == []


@pytest.fixture
def hub(datasets: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer(datasets=made_datasets()) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


@pytest.mark.slow
async def test_a_dataset_of_the_hub_is_typed_previewed_and_imported(
    empty: Workspace, tmp_path: Path, hub: HubServer
) -> None:
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        dialog = await pick_typed(pilot, *"hub:ChilleD/SVAMP")
        assert "kind: number (guessed" in rows_text(dialog) and "10 good" in counts(dialog)
        await pilot.press("enter")
        await until(pilot, partial(shows_tasks, pilot, ["SVAMP"]))


@pytest.mark.slow
async def test_a_ready_source_is_completed_and_says_itself_what_it_is(
    empty: Workspace, tmp_path: Path, hub: HubServer
) -> None:
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        await pilot.press("a", *"ready:")
        await until(pilot, lambda: "ready:gsm8k" in {entry.name for entry in entries(pilot)})
        await pilot.press("escape")
        dialog = await pick_typed(pilot, *"ready:gs", "tab")
        assert "kind: number (as the ready source says)" in rows_text(dialog)
        assert "task: gsm8k (as the ready source says)" in rows_text(dialog)
        dialog.query_one("#limit", Input).focus()
        await pilot.press("3")
        await until(pilot, lambda: "reading" not in counts(dialog))
        await pilot.press("enter")
        await until(pilot, partial(shows_tasks, pilot, ["gsm8k"]))
    assert len(samples(empty)) == 3


@pytest.mark.slow
async def test_what_the_hub_does_not_have_is_said_in_the_dialog(
    empty: Workspace, tmp_path: Path, hub: HubServer
) -> None:
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        dialog = await pick_typed(pilot, *"hub:ChilleD/SVAMPP")
        assert "has no dataset ChilleD/SVAMPP" in rows_text(dialog) and "did you mean ChilleD/SVAMP" in rows_text(
            dialog
        )
        await pilot.press("escape")
        await until(pilot, partial(shows_tasks, pilot, []))


@pytest.mark.slow
async def test_escape_does_not_wait_for_a_slow_hub(empty: Workspace, tmp_path: Path, hub: HubServer) -> None:
    hub.faults = Faults(pause_s=2.0, piece=10)
    async with opened(empty, tmp_path, mode="tasks") as pilot:
        await pilot.press("a", *"hub:ChilleD/SVAMP", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ImportDialog))
        await pilot.press("escape")
        await until(pilot, partial(shows_tasks, pilot, []), seconds=1.0)
        hub.faults = Faults()


def entries(pilot: Pilot[None]) -> Sequence[Entry]:
    return pilot.app.screen.query_one("#entries", Listing).rows


@pytest.mark.slow
async def test_it_looks_as_it_should(empty: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "towns.csv"
    lines = [f'Where is town {n}?,"[""Bern"", ""Thun"", ""Chur""]",{n % 3}' for n in range(30)]
    path.write_text("\n".join(["question,choices,answer", *lines]), encoding="utf-8")

    async def open_dialog(pilot: Pilot[None]) -> None:
        await pick(pilot, path)

    await compare_pictures(empty, tmp_path, "tasks", "import", open_dialog)
