"""A child process that answers one request after another, and is ended when a request takes too much.

Requests and replies are lines of JSON, in ASCII, so that every text survives, half characters included.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import weakref
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import IO, Any

from orca_local.domain.frozen import Frozen
from orca_local.system.child_process import module_command, read_tail

FIRST_LOOK, NEXT_LOOK = 0.3, 0.1
"""When a request that is not answered is looked at, and how often then, in seconds."""
_INTERPRETER = 256 << 20
"""Resident memory of a child without a request, generously."""


class Limits(Frozen):
    """What one request may take."""

    seconds: float
    """Processor time."""
    memory: int
    """Bytes, besides the interpreter's own and `per_byte` for each byte of the request."""
    reply: int
    """Bytes of the reply."""
    per_byte: int = 16
    patience: float = 30
    """How many times `seconds` a request may take by the clock: a busy machine gives little processor time."""

    def memory_for(self, request: int) -> int:
        """How many bytes a request of so many bytes may take."""
        return self.memory + self.per_byte * request


class LimitExceeded(Exception):
    """A request took too much, or ended the process. The text continues "it …"."""


class LimitedProcess:
    """A process that runs a module which answers lines. One request at a time; a lock makes others wait."""

    def __init__(self, module: str, limits: Limits) -> None:
        """Start `module`. It is ready when it answers."""
        command, environment = module_command(module)
        # Ctrl-C in a terminal reaches every process of a group; what it means is decided by the parent alone.
        apart: dict[str, Any] = {"process_group": 0}
        if os.name == "nt":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}  # type: ignore[attr-defined]
        self._limits = limits
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - `_end` closes it
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=environment, **apart
        )
        assert self._process.stdin and self._process.stdout
        self._requests: IO[bytes] = self._process.stdin
        self._replies: SimpleQueue[bytes] = SimpleQueue()
        threading.Thread(
            target=_read_lines, args=(self._process.stdout, limits.reply, self._replies), daemon=True
        ).start()
        self._lock = threading.Lock()
        self._end = weakref.finalize(self, _end, self._process, self._errors)

    @property
    def has_ended(self) -> bool:
        """Whether the process takes no more requests."""
        return not self._end.alive

    def ask(self, request: Any) -> Any:
        """The reply to a request, both JSON values. Raises `LimitExceeded`, after which the process has ended."""
        line = json.dumps(request).encode() + b"\n"
        with self._lock:
            try:
                with suppress(BrokenPipeError):  # it has ended, and `_wait` says why
                    self._requests.write(line)
                    self._requests.flush()
                return json.loads(self._wait(self._limits.memory_for(len(line))))
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """End the process. Safe to call twice."""
        self._end()

    def _wait(self, memory: int) -> bytes:
        watch = _Watch(self._process.pid, self._limits, memory)
        wait = FIRST_LOOK
        while True:
            try:
                reply = self._replies.get(timeout=wait)
            except Empty:
                watch.check()
                wait = NEXT_LOOK
                continue
            if not reply:
                raise LimitExceeded(self._how_it_ended())
            if not reply.endswith(b"\n"):
                raise LimitExceeded(f"gave a reply of more than {self._limits.reply >> 20} MiB")
            return reply

    def _how_it_ended(self) -> str:
        status = self._process.wait()
        if status == -getattr(signal, "SIGXCPU", 0):
            return _time_exceeded(self._limits)
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        return f"ended the process that it ran in ({how}) {read_tail(self._errors)}".rstrip()


class _Watch:
    """Looks at a process that has not answered yet. Not every system limits time and memory of a process itself."""

    def __init__(self, pid: int, limits: Limits, memory: int) -> None:
        self._pid, self._limits = pid, limits
        self._memory = memory + _INTERPRETER
        self._deadline = time.monotonic() + limits.patience * limits.seconds
        self._used: float | None = None

    def check(self) -> None:
        """Raise `LimitExceeded` if the process has taken too much since the first look."""
        import psutil

        try:
            process = psutil.Process(self._pid)
            times, resident = process.cpu_times(), process.memory_info().rss
        except psutil.Error:  # it has just ended
            return
        used = times.user + times.system
        self._used = used if self._used is None else self._used
        if used - self._used > self._limits.seconds or time.monotonic() > self._deadline:
            raise LimitExceeded(_time_exceeded(self._limits))
        if resident > self._memory:
            raise LimitExceeded(memory_exceeded(self._limits))


def memory_exceeded(limits: Limits) -> str:
    """What is said of a request that needs too much memory."""
    return f"needs more than {limits.memory >> 20} MiB of memory"


def _time_exceeded(limits: Limits) -> str:
    return f"needs more than {limits.seconds:g} s of processor time"


def _read_lines(stream: IO[bytes], limit: int, replies: SimpleQueue[bytes]) -> None:
    """Put each line of `stream` into `replies`, at last an empty one."""
    with stream:
        while line := stream.readline(limit):
            is_whole = line.endswith(b"\n")
            if is_whole or len(line) >= limit:
                replies.put(line)
            if not is_whole:
                break  # too long, or cut off by the end of the process
        replies.put(b"")


def _end(process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    process.kill()
    process.wait()
    assert process.stdin
    with suppress(OSError):  # what was not sent
        process.stdin.close()
    errors.close()
