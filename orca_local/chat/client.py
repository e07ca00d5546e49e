"""The other end of `talk_process`: starts it, tells what it says, and sees to it that it ends."""

from __future__ import annotations

import asyncio
import os
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from orca_local.chat.protocol import Ask, Ended, FromModel, Load, Reset, Stop, from_line, to_line
from orca_local.domain.errors import OrcaError, explain_os_error
from orca_local.system.child_process import module_command

LONGEST_LINE = 1 << 22
"""Bytes."""
ENDING_SECONDS = 5.0
"""How long a process may take to end after its last word."""
SHOWN_BYTES = 2000
"""Of what a process that ended wrote to stderr."""


class TalkClient:
    """One process with one model. To be closed; all its methods belong to one event loop."""

    def __init__(self, heard: Callable[[FromModel], None]) -> None:
        """`heard` is called with each message, the last of which is `Ended` unless `close` came first."""
        self._heard = heard
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        """Of the process, where it was started."""
        return self._process.pid if self._process else None

    async def start(self, load: Load) -> None:
        """Start the process and have it load a model. Raises `OrcaError` where it cannot be started."""
        command, env = module_command("orca_local.chat.server")
        try:
            stderr = tempfile.TemporaryFile()  # noqa: SIM115, closed when the process has ended
            # A session of its own: signals of the terminal are the interface's to answer.
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=stderr, env=env, limit=LONGEST_LINE, start_new_session=True
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

    def send(self, message: Load | Ask | Stop | Reset) -> None:
        """Say something, without waiting; to a process that has ended, nothing, for `Ended` is heard then."""
        process = self._process
        if process is None or process.stdin is None or process.returncode is not None or self._is_closed:
            return
        process.stdin.write(to_line(message))

    async def close(self) -> None:
        """End the process; nothing is heard any more. Safe to call twice, and before it was started."""
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
                    assert not isinstance(message, Load | Ask | Stop | Reset)
                    self._tell(message)
                await asyncio.wait_for(process.wait(), ENDING_SECONDS)
            except (ValueError, TimeoutError):  # it says what is no message, or says no more and does not end
                with suppress(ProcessLookupError):
                    process.kill()
            status = await process.wait()
            process.stdin.close()
            stderr.seek(max(0, stderr.seek(0, os.SEEK_END) - SHOWN_BYTES))
            said = stderr.read().decode(errors="replace").strip()
        self._tell(Ended(status, said))

    def _tell(self, message: FromModel) -> None:
        if not self._is_closed:
            self._heard(message)
