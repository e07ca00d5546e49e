"""`python -m orca_local.chat.server`: one model in a process of its own, which speaks lines of JSON.

What ends in native code ends this process, and not the interface that asks it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, TYPE_CHECKING

from orca_local.chat.conversation import Talk
from orca_local.chat.protocol import (
    Ask,
    Done,
    FromModel,
    Load,
    Ready,
    Refused,
    Reset,
    Said,
    Stop,
    ToModel,
    from_line,
    to_line,
)
from orca_local.domain.errors import OrcaError
from orca_local.domain.types import Message, SamplingSettings
from orca_local.system.child_process import take_stdout

if TYPE_CHECKING:
    from orca_local.engines.base import AdapterEngine

SEND_SECONDS = 0.1
"""Text is sent no more often than this: who draws it cannot be seen to be quicker."""


class _Inbox:
    """The lines that came, in order. The process ends when no more can come: whoever asked is gone."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._queue: SimpleQueue[ToModel | FromModel] = SimpleQueue()
        self._next: ToModel | FromModel | None = None
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def get(self) -> ToModel | FromModel:
        """The next message, waited for."""
        found, self._next = self._next, None
        return found or self._queue.get()

    def has_stop(self) -> bool:
        """Whether the next message is a stop, which is then taken; nothing is waited for."""
        if self._next is None:
            try:
                self._next = self._queue.get_nowait()
            except Empty:
                return False
        if isinstance(self._next, Stop):
            self._next = None
            return True
        return False

    def _read(self, stream: IO[bytes]) -> None:
        status = 0
        try:
            for line in stream:
                self._queue.put(from_line(line))
        except ValueError as error:
            sys.stderr.write(str(error))
            sys.stderr.flush()
            status = 2
        # The other thread may be in native code for seconds, and has nothing to save.
        os._exit(status)


class _Process:
    def __init__(self, inbox: _Inbox, answers: IO[bytes]) -> None:
        self._inbox, self._answers = inbox, answers

    def run(self) -> int:
        load = self._inbox.get()
        assert isinstance(load, Load)
        try:
            talk, engine, ready = _load(load)
        except OrcaError as error:
            self._send(Refused(error.message, error.hint))
            return error.exit_code
        self._send(ready)
        while True:
            message = self._inbox.get()
            if isinstance(message, Reset):
                talk.reset()
            elif isinstance(message, Ask):
                self._answer(talk, engine, message)

    def _answer(self, talk: Talk, engine: AdapterEngine, ask: Ask) -> None:
        from orca_local.engines.request_queue import ContextFull

        talk.system = ask.system
        talk.settings = SamplingSettings(max_tokens=ask.max_tokens, temperature=ask.temperature)
        started = time.monotonic()
        try:
            self._stream(talk, ask.text)
        except OrcaError as error:
            self._send(Refused(error.message, error.hint, is_full=isinstance(error, ContextFull)))
            return
        end = talk.completion
        assert end is not None
        self._send(
            Done(
                end.finish_reason,
                end.prompt_tokens,
                end.completion_tokens,
                talk.first_seconds,
                time.monotonic() - started,
                is_full=end.prompt_tokens + end.completion_tokens >= engine.context,
                error=end.error,
            )
        )

    def _stream(self, talk: Talk, text: str) -> None:
        held, sent = "", 0.0
        with closing(talk.answer(text)) as pieces:  # type: ignore[type-var]
            for piece in pieces:
                held += piece.text
                if held and piece.seconds - sent >= SEND_SECONDS:
                    self._send(Said(held, piece.tokens, piece.first_seconds, piece.seconds))
                    held, sent = "", piece.seconds
                if self._inbox.has_stop():
                    break
        if held:
            self._send(Said(held, piece.tokens, piece.first_seconds, piece.seconds))

    def _send(self, message: FromModel) -> None:
        self._answers.write(to_line(message))
        self._answers.flush()


def _load(load: Load) -> tuple[Talk, AdapterEngine, Ready]:
    """Find and load the model. Raises `OrcaError` where it is not there or cannot be loaded."""
    from orca_local.engines.make import make_file_engine
    from orca_local.evaluate.stage import LoadedModel
    from orca_local.gguf.header import read_header
    from orca_local.models.finder import ModelFinder
    from orca_local.rows.renderer import PromptRenderer
    from orca_local.runs.workspace import Workspace
    from orca_local.system.threads import physical_cores

    workspace = Workspace.open(Path(load.workspace))
    with workspace.store() as store:
        path = ModelFinder(store, workspace.settings, workspace.directory).find(load.model)
    # Models that answer at once share the cores out: more threads than cores slow all of them down, and on two
    # cores two models have one each. With a single thread on a single core both are slow, but both go on.
    threads = max(1, (workspace.settings.engine.threads or physical_cores()) // load.share)
    settings = workspace.settings.engine.model_copy(update={"threads": threads})
    renderer = PromptRenderer(path)
    engine = make_file_engine(settings, path, capacity=1)
    turns = [
        message
        for question, answer in load.turns
        for message in (Message("user", question), Message("assistant", answer))
    ]
    talk = Talk(load.model, LoadedModel(engine, renderer), "", SamplingSettings(), turns=turns)
    return talk, engine, Ready(read_header(path).quantization, engine.context, threads)


def _main() -> None:
    answers = take_stdout()
    if hasattr(os, "nice"):
        os.nice(5)  # models take all cores, and who draws what they say is to stay quick beside them
    status = 1
    try:
        status = _Process(_Inbox(sys.stdin.buffer), answers).run()
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(status)  # Python itself cannot end while the other thread waits for a line


if __name__ == "__main__":
    _main()
