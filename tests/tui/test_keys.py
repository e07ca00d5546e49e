"""What a key means does not depend on typing speed: keys are sent in one burst to every text field."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from textual import events
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input, Select, TextArea

from orca_local.runs.workspace import Workspace
from tests.tui.scene import opened, press_at_once, settle, until
from tui.app import OrcaApp
from tui.dialogs.file_picker import FilePicker
from tui.ordered_keys import OrderedKeysApp
from tui.screens.chat.prompt import Prompt
from tui.screens.chat.screen import ChatScreen
from tui.screens.chat.setup import SetupDialog
from tui.screens.dataset.edit import EditDialog
from tui.screens.dataset.filters import FilterDialog
from tui.screens.tasks.import_dialog import ImportDialog
from tui.screens.tasks.screen import TasksScreen
from tui.widgets.choices import Choices
from tui.widgets.listing import Listing

pytestmark = pytest.mark.anyio


async def burst(pilot: Pilot[None], *keys: str) -> None:
    """Send keys without a pause, and wait for their effects."""
    await press_at_once(pilot, *keys)
    await settle(pilot)


def field(pilot: Pilot[None], selector: str) -> Input:
    return pilot.app.screen.query_one(selector, Input)


@pytest.mark.slow
async def test_keys_that_come_before_the_workspace_is_open_are_kept(answered: Workspace, tmp_path: Path) -> None:
    app = OrcaApp(answered.directory, tmp_path)
    async with app.run_test() as pilot:
        await burst(pilot, "2", "slash", *"sums")
        assert isinstance(app.screen, TasksScreen)
        assert field(pilot, "#filter").value == "sums"
        await burst(pilot, "enter", "5", "slash", *"heron", "enter", "a", "r")
        rows = app.screen.query_one("#answers", Listing).rows
        assert len(rows) == 10 and [row.review for row in rows[:3]] == ["accepted", "rejected", "pending"]
        assert all("heron" in row.text for row in rows)


@pytest.mark.slow
async def test_a_search_for_a_word_accepts_nothing(answered: Workspace, tmp_path: Path) -> None:
    async with opened(answered, tmp_path, mode="dataset") as pilot:
        await burst(pilot, "slash", *"Sunday")
        assert field(pilot, "#search").value == "Sunday"
        await burst(pilot, "escape", "slash", *"radar")
        assert field(pilot, "#search").value == "radar"
        with answered.store() as store:
            assert {row.review for row in store.demonstrations.list()} == {"pending"}


@pytest.mark.slow
async def test_an_answer_is_edited_in_one_burst(answered: Workspace, tmp_path: Path) -> None:
    async with opened(answered, tmp_path, mode="dataset") as pilot:
        await burst(pilot, "down", "e", *"arf ", "ctrl+s", "down", "e", *"quite ")
        assert isinstance(pilot.app.screen, EditDialog)
        assert pilot.app.screen.query_one(TextArea).text.startswith("quite Counting")
        await burst(pilot, "escape", "enter", "up", "e")
        assert pilot.app.screen.query_one(TextArea).text.startswith("arf Counting")


@pytest.mark.slow
async def test_a_filter_is_chosen_and_searched_in_one_burst(answered: Workspace, tmp_path: Path) -> None:
    async with opened(answered, tmp_path, mode="dataset") as pilot:
        await burst(pilot, "f", "p")
        assert isinstance(pilot.app.screen, FilterDialog)
        assert pilot.app.screen.query_one(Choices).chosen["review"] == "pending"
        await burst(pilot, "enter", "slash", *"a1")
        assert field(pilot, "#search").value == "a1"


@pytest.mark.slow
async def test_i_leads_to_the_prompt_whenever_one_comes_to_the_chat(answered: Workspace, tmp_path: Path) -> None:
    async with opened(answered, tmp_path) as pilot:
        await burst(pilot, "8", "i", *"Name the capital.")
        assert isinstance(pilot.app.screen, ChatScreen)
        prompt = pilot.app.screen.query_one(Prompt)
        assert prompt.text == "Name the capital."
        await burst(pilot, "escape", "1", "8", "i", *" was it?")
        assert prompt.text == "Name the capital. was it?"
        assert isinstance(pilot.app, OrcaApp)
        await pilot.app.action_switch_mode("runs")  # as a click does, which leaves the prompt focused
        await settle(pilot)
        await burst(pilot, "8", "i", *" i")
        assert prompt.text == "Name the capital. was it? i"


@pytest.mark.slow
async def test_a_model_is_chosen_in_one_burst(answered: Workspace, tmp_path: Path) -> None:
    async with opened(answered, tmp_path, mode="chat") as pilot:
        await burst(pilot, "m", "tab", *"w.gguf")
        assert isinstance(pilot.app.screen, SetupDialog)
        assert field(pilot, "#file").value == "w.gguf"
        await burst(pilot, "shift+tab", "enter", "down", "enter", "tab", *"x")
        assert pilot.app.screen.query_one("#model", Select).value == "tuned"
        assert field(pilot, "#file").value == "x", "a field that is tabbed to is selected"


@pytest.mark.slow
async def test_a_file_is_imported_in_one_burst(answered: Workspace, tmp_path: Path) -> None:
    line = {"id": "x", "task": "new", "kind": "number", "prompt": "1?", "answer": 1}
    (tmp_path / "samples.jsonl").write_text(json.dumps(line))
    (tmp_path / "other.jsonl").write_text(json.dumps({**line, "task": "other"}))
    async with opened(answered, tmp_path) as pilot:
        await burst(pilot, "2", "a", *"oo", "backspace", "enter", "enter")
        assert isinstance(pilot.app.screen, TasksScreen)
        listing = pilot.app.screen.query_one("#tasks", Listing)
        await until(pilot, lambda: "other" in [task.count.task for task in listing.rows])
        await burst(pilot, "a", *"samples")
        assert isinstance(pilot.app.screen, FilePicker)
        assert pilot.app.screen.query_one(Input).value.endswith("/samples")
        await burst(pilot, *".jsonl", "enter", *["shift+tab"] * 4, *"many", "enter")
        assert isinstance(pilot.app.screen, ImportDialog), "the limit is no number"
        assert field(pilot, "#limit").value == "many"
        await burst(pilot, "ctrl+u", *"1", "enter", "1")
        assert pilot.app.current_mode == "home", "the rows are read again before the form is accepted"


@pytest.mark.slow
@pytest.mark.parametrize(("screen", "selector"), [("3", "Input"), ("4", "#limit"), ("7", "#imatrix")])
async def test_a_start_form_takes_digits_as_text(
    answered: Workspace, tmp_path: Path, screen: str, selector: str
) -> None:
    async with opened(answered, tmp_path) as pilot:
        await burst(pilot, screen, "g", "end", *"12")
        assert field(pilot, selector).value.endswith("12")
        await burst(pilot, "escape", "1")
        assert pilot.app.current_mode == "home"


async def test_quitting_does_not_wait_for_other_keys(answered: Workspace, tmp_path: Path) -> None:
    app = OrcaApp(answered.directory, tmp_path)
    async with app.run_test():
        app.hold_keys_for(app.run_worker(_forever()))
        app.post_message(events.Key("2", "2"))
        app.post_message(events.Key("ctrl+q", None))
        for _ in range(200):
            if app._exit:
                break
            await asyncio.sleep(0.01)
        assert app._exit and app.current_mode == "home"


async def _forever() -> None:
    await asyncio.Event().wait()


class Fields(OrderedKeysApp[None]):
    """Two fields; Enter in the first leads to the second."""

    def compose(self) -> ComposeResult:
        """Yield the fields."""
        yield Input(id="first")
        yield Input(id="second")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the second field, as late as Textual's own widgets do."""
        self.query_one("#second").focus()


async def test_pasted_text_keeps_its_place_among_keys() -> None:
    app = Fields()
    async with app.run_test() as pilot:
        for event in (events.Key("a", "a"), events.Paste("pasted"), events.Key("enter", "\r"), events.Key("b", "b")):
            app.post_message(event)
        await settle(pilot)
        values = [app.query_one(f"#{name}", Input).value for name in ("first", "second")]
        assert values == ["apasted", "b"]
