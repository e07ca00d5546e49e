"""Paths that are typed and completed; the long texts and tables beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App
from textual.widgets import Input

from tests.tui.scene import settle
from tui.dialogs.file_picker import FilePicker, last_path, list_entries
from tui.widgets.text_view import MAX_CHARACTERS, wrapped


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    for name in ("a.jsonl", "b.txt", "data/tasks.jsonl", "data/Tall.JSONL", "data/deep/x.jsonl"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "dangling.jsonl").symlink_to("nowhere")
    return tmp_path


def names(text: str, directory: Path) -> list[str]:
    return [entry.name for entry in list_entries(text, directory, (".jsonl",)).entries]


def test_directories_and_files_of_the_kind_are_listed(tree: Path) -> None:
    assert names(f"{tree}/", tree) == ["data", "a.jsonl"]
    assert names("", tree) == ["data", "a.jsonl"], "relative to the directory"
    assert names("data/t", tree) == ["Tall.JSONL", "tasks.jsonl"]
    assert names(".", tree) == [".hidden"]
    assert "No such file" in list_entries("none/", tree, (".jsonl",)).note


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("/home/me/a", "/home/me/a"), ("/home/me//data/x", "/data/x"), ("/home/me/~/x", "~/x"), ("~/x", "~/x"), ("", "")],
)
def test_a_path_that_is_pasted_behind_another_takes_its_place(typed: str, meant: str) -> None:
    assert last_path(typed) == meant


class Asking(App[None]):
    """An application that asks for a file."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory
        self.answers: list[Path | None] = []

    def on_mount(self) -> None:
        self.push_screen(FilePicker("Choose", self.directory, (".jsonl",)), self.answers.append)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["d", "enter", "down", "enter"], "data/Tall.JSONL"),
        (["d", "tab", "t", "a", "s", "tab", "enter"], "data/tasks.jsonl"),
        (["down", "enter"], "a.jsonl"),
        (["b", "full_stop", "t", "x", "t", "enter"], "b.txt"),
        (["d", "tab", "ctrl+up", "a", "enter"], "a.jsonl"),
        (["escape"], None),
    ],
    ids=["into a directory", "completed", "from the list", "of another kind", "and back", "none"],
)
async def test_a_file_is_chosen_with_keys_alone(tree: Path, keys: list[str], answer: str | None) -> None:
    app = Asking(tree)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)
        assert app.answers == [tree / answer if answer else None]


@pytest.mark.anyio
async def test_nothing_is_chosen_that_is_not_there(tree: Path) -> None:
    app = Asking(tree)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"zz", "enter", "tab")
        await settle(pilot)
        assert app.answers == []
        assert app.screen.query_one(Input).value.endswith("/zz")


def test_lines_are_wrapped_between_words_and_by_cells() -> None:
    assert wrapped("one two three\n\n日本語日本", 8) == ["one two", "three", "", "日本語日", "本"]
    assert wrapped("red \x1b[31mred\x07", 80) == ["red red"]
    assert wrapped("x" * (MAX_CHARACTERS + 5), MAX_CHARACTERS)[-1] == "… 5 more characters"
