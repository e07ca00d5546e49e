"""A model in a process of its own, and the client that speaks with it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from orca_local.chat.client import ChatClient
from orca_local.chat.protocol import (
    AnswerDelta,
    Done,
    FromModel,
    Load,
    ProcessExited,
    Question,
    Ready,
    Refused,
    Reset,
    Stop,
    from_line,
    to_line,
)
from orca_local.domain.errors import InputError
from orca_local.models.available import available_models, missing_model
from orca_local.runs.workspace import Workspace
from orca_local.store.results import ExportRow
from orca_local.system.child_process import module_command

T = TypeVar("T")

SECONDS = 60


@pytest.fixture
def workspace(tmp_path: Path, tiny_gguf: Path) -> Workspace:
    """Of the tiny student, with room for short conversations."""
    return Workspace.create(tmp_path / "ws", str(tiny_gguf), {"engine": {"context": 256, "threads": 2}})


class Room:
    """A client whose messages are kept."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[FromModel] = asyncio.Queue()
        self.client = ChatClient(self.heard.put_nowait)

    async def until(self, kind: type[T]) -> T:
        """The next message of this kind; those before it are taken too."""
        while True:
            message = await asyncio.wait_for(self.heard.get(), SECONDS)
            if isinstance(message, kind):
                return message

    async def answer(self, text: str, max_tokens: int = 8) -> tuple[str, Done]:
        """Ask, and read to the end."""
        self.client.send(Question(text, "", max_tokens, 0.0))
        text = ""
        while True:
            message = await asyncio.wait_for(self.heard.get(), SECONDS)
            if isinstance(message, Done):
                return text, message
            assert isinstance(message, AnswerDelta)
            text += message.text


def has_ended(pid: int) -> bool:
    """Whether there is no such process; one that waits to be reaped has ended."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_lines_are_read_as_they_were_written() -> None:
    messages = (
        Load("/w", "base", 2, (("q", "a\n"), ("ü", "\ud800"))),
        Question("x", "y", 3, 0.5),
        Stop(),
        Reset(),
        Done("stop", 1, 2, 0.5, 1.0),
    )
    for message in messages:
        assert from_line(to_line(message)) == message
    for line in (b"x", b"[]", b"{}", b'{"kind": "nothing"}', b'{"kind": "question"}'):
        with pytest.raises(ValueError, match="not a message"):
            from_line(line)
    assert Done("stop", 9, 11, 1.0, 3.0).tokens_per_second == 5.0
    assert Done("stop", 9, 1, 1.0, 1.0).tokens_per_second == 0.0


@pytest.mark.slow
def test_a_conversation_is_answered_stopped_forgotten_and_taken_up_again(workspace: Workspace, tiny_gguf: Path) -> None:
    async def talk() -> None:
        room, again = Room(), Room()
        try:
            await room.client.start(Load(str(workspace.directory), str(tiny_gguf), share=2))
            ready = await room.until(Ready)
            assert (ready.context, ready.threads, ready.quantization) == (256, 1, "F16")
            first, done = await room.answer("hello")
            assert done.completion_tokens == 8 and done.finish_reason == "length" and not done.is_full
            assert 0 < done.first_seconds <= done.seconds
            second, longer = await room.answer("and then?")
            assert longer.prompt_tokens > done.prompt_tokens
            room.client.send(Question("go on", "", 200, 0.0))
            room.client.send(Stop())
            assert (await room.until(Done)).finish_reason == "cancelled"
            room.client.send(Stop())  # no answer is being written: nothing happens
            room.client.send(Reset())
            assert (await room.answer("hello"))[0] == first
            turns = (("hello", first),)
            await again.client.start(Load(str(workspace.directory), str(tiny_gguf), turns=turns))
            assert (await again.until(Ready)).threads == 2
            assert (await again.answer("and then?"))[0] == second
        finally:
            await room.client.close()
            await again.client.close()

    asyncio.run(talk())


@pytest.mark.slow
def test_a_full_context_is_said_and_leaves_the_conversation_as_it_was(workspace: Workspace, tiny_gguf: Path) -> None:
    async def talk() -> None:
        room = Room()
        try:
            await room.client.start(Load(str(workspace.directory), str(tiny_gguf)))
            await room.until(Ready)
            _, done = await room.answer("hello", max_tokens=1000)
            assert done.is_full and done.prompt_tokens + done.completion_tokens == 256
            room.client.send(Question("more", "", 8, 0.0))
            assert (await room.until(Refused)).is_full
            room.client.send(Reset())
            _, done = await room.answer("hello")
            assert not done.is_full
        finally:
            await room.client.close()

    asyncio.run(talk())


@pytest.mark.slow
def test_a_model_that_is_not_there_is_said_with_what_to_do(workspace: Workspace) -> None:
    async def talk(name: str) -> Refused:
        room = Room()
        await room.client.start(Load(str(workspace.directory), name))
        refused = await room.until(Refused)
        assert (await room.until(ProcessExited)).status == 2
        return refused

    assert "orca-local probe" in asyncio.run(talk("base")).hint
    assert "orca-local export" in asyncio.run(talk("tuned:F16")).hint
    assert "no model" in asyncio.run(talk("nowhere.gguf")).message


def test_a_process_that_is_killed_is_seen_to_end(workspace: Workspace, tiny_gguf: Path) -> None:
    async def talk() -> None:
        room = Room()
        await room.client.start(Load(str(workspace.directory), str(tiny_gguf)))
        await room.until(Ready)
        assert room.client.pid is not None
        room.client.send(Question("hello", "", 200, 0.0))
        os.kill(room.client.pid, signal.SIGKILL)
        assert (await room.until(ProcessExited)).status == -signal.SIGKILL
        room.client.send(Reset())
        await room.client.close()

    asyncio.run(talk())


def test_no_process_outlives_its_client_or_whoever_started_it(workspace: Workspace, tiny_gguf: Path) -> None:
    async def talk() -> int:
        room = Room()
        await room.client.start(Load(str(workspace.directory), str(tiny_gguf)))
        pid = room.client.pid
        await room.client.close()
        await room.client.close()
        assert pid is not None and room.heard.empty()
        return pid

    assert has_ended(asyncio.run(talk()))
    command, env = module_command("orca_local.chat.server")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
    assert process.stdin and process.stdout
    process.stdin.write(to_line(Load(str(workspace.directory), str(tiny_gguf))))
    process.stdin.flush()
    assert isinstance(from_line(process.stdout.readline()), Ready)
    process.stdin.write(to_line(Question("hello", "", 200, 0.0)))
    process.stdin.close()
    wait_until(lambda: process.poll() is not None)
    process.stdout.close()


def test_models_are_known_by_their_files(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        assert available_models(store) == []
        assert "probe" in _hint(missing_model(store, "base"))
        file = tmp_path / "tuned.gguf"
        file.touch()
        store.exports.add(ExportRow(None, "tuned", str(file), "0" * 64, "Q8_0", 1, None, {}))
        store.exports.add(ExportRow(None, "base", str(tmp_path / "gone.gguf"), "1" * 64, "Q8_0", 1, None, {}))
        assert available_models(store) == ["tuned", "tuned:Q8_0"]
        assert missing_model(store, "tuned") is missing_model(store, "tuned:q8_0") is missing_model(store, str(file))
        assert "--quantization F16" in _hint(missing_model(store, "tuned:F16"))
        assert missing_model(store, "base") and missing_model(store, str(tmp_path / "none.gguf"))


def _hint(error: InputError | None) -> str:
    assert error is not None
    return error.hint
