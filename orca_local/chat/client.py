"""The client of `chat/server.py`: starts the process, passes on its messages, and makes sure that it ends."""

from __future__ import annotations

import asyncio
import os
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from orca_local.chat.protocol import FromModel, Load, ProcessExited, ToModel, from_line, to_line
from orca_local.domain.errors import OrcaError, explain_os_error
from orca_local.system.child_process import module_command

MAX_LINE_BYTES = 1 << 22
EXIT_SECONDS = 5.0
"""How long a process may take to end after its last message."""
MAX_STDERR_BYTES = 2000
"""How much of the error output is reported when the process ends."""


class ChatClient:
    """One process with one model. Use it in one event loop, and close it."""

    def __init__(self, on_message: Callable[[FromModel], None]) -> None:
        """`on_message` gets each message. The last is `ProcessExited`, unless `close` comes first."""
        self._on_message = on_message
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        """The number of the process; None before it is started."""
        return self._process.pid if self._process else None

    async def start(self, load: Load) -> None:
        """Start the process and load a model in it. Raises `OrcaError` if it cannot be started."""
        command, env = module_command("orca_local.chat.server")
        try:
            stderr = tempfile.TemporaryFile()  # noqa: SIM115, closed when the process has ended
            # A session of its own, so that signals of the terminal do not reach the process.
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=stderr, env=env, limit=MAX_LINE_BYTES, start_new_session=True
            )
        except OSError as error:
            raise explain_os_error(error) or OrcaError(
                f"the model's process cannot be started: {error}", hint="close other programs and try again"
            ) from error
        self._process = process
        self._reading = asyncio.create_task(self._read(process, stderr))
        if self._is_closed:
            await self.close()
            return
        self.send(load)

    def send(self, message: ToModel) -> None:
        """Send a message without waiting. Does nothing if the process has ended."""
        process = self._process
        if process is None or process.stdin is None or process.returncode is not None or self._is_closed:
            return
        process.stdin.write(to_line(message))

    async def close(self) -> None:
        """End the process; no message follows. Safe to call twice, and before `start`."""
        self._is_closed = True
        if self._process is None or self._reading is None:
            return
        with suppress(ProcessLookupError):
            self._process.kill()  # it has nothing to save
        await self._reading

    async def _read(self, process: Process, stderr: IO[bytes]) -> None:
        assert process.stdin and process.stdout
        with stderr:
            try:
                async for line in process.stdout:
                    message = from_line(line)
                    assert isinstance(message, FromModel)
                    self._deliver(message)
                await asyncio.wait_for(process.wait(), EXIT_SECONDS)
            except (ValueError, TimeoutError):  # it wrote something else, or closed its output and does not end
                with suppress(ProcessLookupError):
                    process.kill()
            status = await process.wait()
            process.stdin.close()
            stderr.seek(max(0, stderr.seek(0, os.SEEK_END) - MAX_STDERR_BYTES))
            tail = stderr.read().decode(errors="replace").strip()
        self._deliver(ProcessExited(status, tail))

    def _deliver(self, message: FromModel) -> None:
        if not self._is_closed:
            self._on_message(message)
