"""`python -m orca_local.chat.server`: one model in a process of its own, which reads and writes lines of JSON.

A crash in native code ends this process and not the program that uses it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, TYPE_CHECKING

from orca_local.chat import protocol
from orca_local.chat.conversation import Conversation
from orca_local.domain.copy_fields import copy_fields
from orca_local.domain.errors import OrcaError
from orca_local.domain.types import Message, SamplingSettings
from orca_local.system.child_process import take_stdout

if TYPE_CHECKING:
    from orca_local.engines.base import AdapterEngine

SEND_SECONDS = 0.1
"""Text is sent at most this often: nobody sees faster updates."""


class _Inbox:
    """The messages from standard input, in order. The process ends when the client closes it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._queue: SimpleQueue[protocol.Message] = SimpleQueue()
        self._next: protocol.Message | None = None
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def get(self) -> protocol.Message:
        """Wait for the next message."""
        message, self._next = self._next, None
        return message or self._queue.get()

    def has_stop(self) -> bool:
        """Whether the next message is a `Stop`, which is then removed. Does not wait."""
        if self._next is None:
            try:
                self._next = self._queue.get_nowait()
            except Empty:
                return False
        if isinstance(self._next, protocol.Stop):
            self._next = None
            return True
        return False

    def _read(self, stream: IO[bytes]) -> None:
        status = 0
        try:
            for line in stream:
                self._queue.put(protocol.from_line(line))
        except ValueError as error:
            sys.stderr.write(str(error))
            sys.stderr.flush()
            status = 2
        # The main thread may be in native code for seconds, and has nothing to save.
        os._exit(status)


class _Server:
    def __init__(self, inbox: _Inbox, output: IO[bytes]) -> None:
        self._inbox, self._output = inbox, output

    def run(self) -> int:
        load = self._inbox.get()
        assert isinstance(load, protocol.Load)
        try:
            conversation, engine, ready = _load(load)
        except OrcaError as error:
            self._send(protocol.Refused(error.message, error.hint))
            return error.exit_code
        self._send(ready)
        while True:
            message = self._inbox.get()
            if isinstance(message, protocol.Reset):
                conversation.reset()
            elif isinstance(message, protocol.Question):
                self._answer(conversation, engine, message)

    def _answer(self, conversation: Conversation, engine: AdapterEngine, question: protocol.Question) -> None:
        from orca_local.engines.request_queue import ContextFull

        conversation.system = question.system
        conversation.settings = SamplingSettings(max_tokens=question.max_tokens, temperature=question.temperature)
        started = time.monotonic()
        try:
            self._stream(conversation, question.text)
        except OrcaError as error:
            self._send(protocol.Refused(error.message, error.hint, is_full=isinstance(error, ContextFull)))
            return
        completion = conversation.completion
        assert completion is not None
        self._send(
            copy_fields(
                protocol.Done,
                completion,
                first_seconds=conversation.first_seconds,
                seconds=time.monotonic() - started,
                is_full=completion.prompt_tokens + completion.completion_tokens >= engine.context,
            )
        )

    def _stream(self, conversation: Conversation, text: str) -> None:
        pending, sent = "", 0.0
        with closing(conversation.answer(text)) as deltas:
            for delta in deltas:
                pending += delta.text
                if pending and delta.seconds - sent >= SEND_SECONDS:
                    self._send(replace(delta, text=pending))
                    pending, sent = "", delta.seconds
                if self._inbox.has_stop():
                    break
        if pending:
            self._send(replace(delta, text=pending))

    def _send(self, message: protocol.FromModel) -> None:
        self._output.write(protocol.to_line(message))
        self._output.flush()


def _load(load: protocol.Load) -> tuple[Conversation, AdapterEngine, protocol.Ready]:
    """Find and load the model. Raises `OrcaError` if it does not exist or cannot be loaded."""
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
    # Models that answer at once share the cores: more threads than cores would slow all of them down.
    threads = max(1, (workspace.settings.engine.threads or physical_cores()) // load.share)
    settings = workspace.settings.engine.model_copy(update={"threads": threads})
    renderer = PromptRenderer(path)
    engine = make_file_engine(settings, path, capacity=1)
    turns = [
        message
        for question, answer in load.turns
        for message in (Message("user", question), Message("assistant", answer))
    ]
    conversation = Conversation(load.model, LoadedModel(engine, renderer), "", SamplingSettings(), turns=turns)
    return conversation, engine, protocol.Ready(read_header(path).quantization, engine.context, threads)


def _main() -> None:
    output = take_stdout()
    if hasattr(os, "nice"):
        os.nice(5)  # models use all cores; the interface must stay responsive
    status = 1
    try:
        status = _Server(_Inbox(sys.stdin.buffer), output).run()
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(status)  # a normal exit would wait for the thread that reads standard input


if __name__ == "__main__":
    _main()
