"""Base and tuned side by side."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input, Select, Static

from orca_local.chat.protocol import AnswerDelta, Done, ProcessExited, Ready
from orca_local.chat.transcript import Setup, Turn, save_conversations
from orca_local.domain.text import printable
from orca_local.pipeline.pipeline import Pipeline
from orca_local.runs.workspace import Workspace
from tests.chat.test_server import has_ended
from tests.tui.scene import compare_pictures, opened, settle, until
from tui.screens.chat.column import Column
from tui.screens.chat.exchange import Exchange
from tui.screens.chat.prompt import Prompt
from tui.screens.chat.screen import ChatScreen

pytestmark = pytest.mark.anyio


def screen_of(pilot: Pilot[None]) -> ChatScreen:
    screen = pilot.app.screen
    assert isinstance(screen, ChatScreen)
    return screen


def columns_of(pilot: Pilot[None]) -> tuple[Column, Column]:
    left, right = screen_of(pilot).query(Column)
    return left, right


async def set_up(pilot: Pilot[None], *setups: Setup) -> None:
    for column, setup in zip(columns_of(pilot), setups, strict=True):
        await column.change(setup)
    screen_of(pilot).load_now()
    await settle(pilot)
    screen_of(pilot).query_one(Prompt).focus()
    await pilot.pause()


@asynccontextmanager
async def talking(
    workspace: Workspace, directory: Path, model: Path, max_tokens: int = 8
) -> AsyncIterator[Pilot[None]]:
    """The screen with one file in both columns, under a strategy in the second."""
    async with opened(workspace, directory, mode="chat") as pilot:
        setup = Setup(str(model), max_tokens=max_tokens)
        await set_up(pilot, setup, replace(setup, strategy="step_by_step"))
        yield pilot


async def say(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*text, "enter")


def all_ready(pilot: Pilot[None], turns: int) -> bool:
    return all(column.state == "ready" and len(column.turns) == turns for column in columns_of(pilot))


@contextmanager
def frozen(*columns: Column) -> Iterator[None]:
    """The columns' processes stand still; what they are told waits for them."""
    pids = [column.pid for column in columns if column.pid is not None]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def make_base(workspace: Workspace) -> None:
    with workspace.store() as store:
        Pipeline(workspace, store, offline=True).candidate("base")


def about(column: Column) -> str:
    return str(column.query_one(".about", Static).content)


@pytest.mark.slow
async def test_it_looks_as_it_should(workspace: Workspace, tmp_path: Path) -> None:
    # What processes would say is put in their mouths: a picture needs it to stand still.
    async def answer(pilot: Pilot[None]) -> None:
        left, right = columns_of(pilot)
        for column in (left, right):
            column.set_missing(None)
            column._receive(Ready("Q8_0", 512, 1))
            exchange = column._pending = Exchange("What is 2 + 2?", "")
            await column.mount(exchange, before=column.query_one(".about"))
            column._enter("answering")
            column._receive(AnswerDelta("Two and two\nmake four.\x1b[31m [b]Four[/b]", 8, 0.5, 1.0))
        left._receive(Done("stop", 30, 9, 0.5, 1.0))

    async def end(pilot: Pilot[None]) -> None:
        await answer(pilot)
        for column in columns_of(pilot):
            column._receive(ProcessExited(-signal.SIGSEGV, "ggml: no memory"))
        await pilot.press("escape")

    await compare_pictures(workspace, tmp_path, "chat", "chat-nothing-there")
    await compare_pictures(workspace, tmp_path, "chat", "chat-answers", answer)
    await compare_pictures(workspace, tmp_path, "chat", "chat-ended", end)


@pytest.mark.slow
async def test_both_answer_stop_fill_their_context_forget_and_save(
    workspace: Workspace, tmp_path: Path, tiny_gguf: Path
) -> None:
    async with talking(workspace, tmp_path, tiny_gguf) as pilot:
        left, right = columns_of(pilot)
        assert left.pid is right.pid is None  # opened, not loaded
        await pilot.press("h", "i", "ctrl+j", "7", "enter")
        assert {left.state, right.state} == {"loading"} and "Loading" in about(left)
        await until(pilot, lambda: all_ready(pilot, 1))
        assert left.pid != right.pid
        assert left.turns[0].question == "hi\n7" and left.turns[0].answer
        assert "careful" in left.turns[0].system and "step by step" in right.turns[0].system
        assert "tokens/s" in str(left.query_one(Exchange).content)

        for column in (left, right):
            await column.change(replace(column.setup, max_tokens=100_000))
        with frozen(left, right):
            await say(pilot, "more")
            await say(pilot, "too soon")
            await pilot.press("escape")
        await until(pilot, lambda: all_ready(pilot, 2))
        assert [column.turns[1].done.finish_reason for column in (left, right) if column.turns[1].done] == [
            "cancelled",
            "cancelled",
        ]
        assert screen_of(pilot).query_one(Prompt).text == "too soon"

        await pilot.press("enter")
        await until(pilot, lambda: all_ready(pilot, 3))
        assert "the context is full. Press esc, then r" in str(left.query(Exchange).last().content)
        await say(pilot, "again")
        await until(pilot, lambda: all_ready(pilot, 3) and len(left.query(Exchange)) == 4)
        assert "press esc, then r" in str(left.query(Exchange).last().content)

        await pilot.press("escape", "c", "w")
        assert pilot.app.clipboard == printable(left.last_answer).strip()
        await until(pilot, lambda: len(list((workspace.directory / "chats").glob("*.md"))) == 1)
        await pilot.press("r")
        await until(pilot, lambda: all_ready(pilot, 0))
        assert not screen_of(pilot).query(Exchange)
        await say(pilot, "hello")
        await until(pilot, lambda: left.state == right.state == "answering" or all_ready(pilot, 1))


@pytest.mark.slow
async def test_a_process_that_dies_is_started_again_and_none_is_left(
    workspace: Workspace, tmp_path: Path, tiny_gguf: Path
) -> None:
    async with talking(workspace, tmp_path, tiny_gguf) as pilot:
        left, right = columns_of(pilot)
        await say(pilot, "hello")
        await until(pilot, lambda: all_ready(pilot, 1))
        first = left.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(pilot, lambda: left.state == "ended")
        assert "SIGKILL" in about(left)
        await say(pilot, "you?")  # the other one goes on
        await until(pilot, lambda: len(right.turns) == 2)
        await pilot.press("escape", "a")
        await until(pilot, lambda: left.state == "ready")
        await pilot.press("i")
        await say(pilot, "again")
        await until(pilot, lambda: len(left.turns) == 2 and right.state == "ready")
        before, after = (turn.done.prompt_tokens for turn in left.turns if turn.done)
        assert after > before + 8  # the first turn was said to the new process too
        pids = [left.pid, right.pid]
    for pid in [first, *pids]:
        assert pid is not None and has_ended(pid)


@pytest.mark.slow
async def test_what_is_not_there_is_said_and_found_when_it_is_made(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, mode="chat") as pilot:
        left, right = columns_of(pilot)
        assert [left.state, right.state] == ["missing", "missing"]
        assert "orca-local probe" in about(left) and "orca-local export" in about(right)
        await asyncio.to_thread(make_base, workspace)
        await until(pilot, lambda: left.state == "idle")
        assert right.state == "missing"
        await pilot.press("i")
        await say(pilot, "hello")
        await pilot.press("escape")
        assert left.state == "idle" and left.pid is None  # it was not loaded after all
        assert "before the model was loaded" in str(left.query_one(Exchange).content)
        await left.change(replace(left.setup, max_tokens=4))
        await say(pilot, "hello")
        await until(pilot, lambda: left.state == "ready" and len(left.turns) == 1)
        assert "Q8_0" in str(left.border_title)
        assert right.state == "missing" and not right.query(Exchange)


@pytest.mark.slow
async def test_the_settings_of_a_column_are_asked_for(workspace: Workspace, tmp_path: Path, tiny_gguf: Path) -> None:
    async with opened(workspace, tmp_path, mode="chat") as pilot:
        await pilot.press("right", "m")
        await until(pilot, lambda: bool(pilot.app.screen.query("#file")))
        dialog = pilot.app.screen
        dialog.query_one("#file", Input).value = str(tiny_gguf)
        dialog.query_one("#strategy", Select).value = "direct_answer"
        dialog.query_one("#max-tokens", Input).value = "0"
        await pilot.click("#yes")
        assert "at least 1" in str(dialog.query_one("#problem", Static).content)
        dialog.query_one("#max-tokens", Input).value = "5"
        dialog.query_one("#max-tokens", Input).focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
        left, right = columns_of(pilot)
        assert right.setup == Setup(str(tiny_gguf), "direct_answer", 5, 0.0) and left.setup == Setup("base")
        await until(pilot, lambda: right.state == "idle")
        assert "direct_answer" in str(right.border_title)


def test_a_conversation_is_saved_as_text(tmp_path: Path) -> None:
    done = Done("length", 10, 5, 1.0, 2.0)
    turns = [Turn("why?", "be\x1b[31mcause", "S", done), Turn("and?", "", "S", None)]
    path = save_conversations(tmp_path, [(Setup("tuned", "step_by_step"), turns)], datetime(2026, 1, 2, 3, 4, 5))
    assert path == tmp_path / "chats" / "2026-01-02-030405.md"
    text = path.read_text()
    assert "## tuned · step_by_step" in text and "### why?\n\nbecause\n\n*5 tokens · 4.0 tokens/s" in text
    assert text.count("System: S") == 1 and "the process ended" in text


class Listening(App[None]):
    """A field, and what it sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def compose(self) -> ComposeResult:
        """The field."""
        yield Prompt()

    def on_prompt_sent(self, event: Prompt.Sent) -> None:
        """Keep it."""
        self.sent.append(event.text)


async def test_enter_never_overtakes_what_was_typed_before_it() -> None:
    app = Listening()
    async with app.run_test() as pilot:
        app.query_one(Prompt).focus()
        await pilot.pause()
        for key in [*"how many", "enter"]:
            name = {" ": "space"}.get(key, key)
            app.post_message(events.Key(name, "\r" if key == "enter" else key))
        await until(pilot, lambda: bool(app.sent))
        assert app.sent == ["how many"]
        await pilot.press("x", "ctrl+j", "y", "enter")
        assert app.sent[1] == "how manyx\ny"
