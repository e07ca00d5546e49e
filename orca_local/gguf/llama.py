"""Imports llama.cpp, when it is first used. Its log is kept and never printed. No other module imports it."""

from __future__ import annotations

import ctypes
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType
from typing import Any

from orca_local.domain.errors import MissingError
from orca_local.system.signals import replaced_handlers

LOG_LINES = 200

SPINS = "1000"
"""How often an idle thread of libgomp checks for work before it sleeps.

With libgomp's default of 300,000, one other busy process makes generation a hundred times slower, because threads spin
instead of giving way. On an idle machine this setting costs a few percent.
"""

_log: deque[str] = deque(maxlen=LOG_LINES)
_lock = threading.Lock()
_callback: Any = None
"""llama.cpp calls this until the process ends, so it must not be garbage-collected."""


@cache
def library() -> Any:
    """The `llama_cpp` module, with its backend started. Raises `MissingError` if it cannot be loaded."""
    global _callback
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)  # libgomp reads it when it is loaded
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:  # the last two: its shared library does not load
        raise MissingError(
            f"llama-cpp-python cannot be loaded: {error}", hint="pip install llama-cpp-python"
        ) from error

    def keep(_level: int, text: bytes, _data: Any) -> None:
        with _lock:
            _log.append(text.decode("utf-8", errors="replace"))

    _callback = llama_cpp.llama_log_callback(keep)
    llama_cpp.llama_log_set(_callback, ctypes.c_void_p(0))
    with uninterrupted():
        llama_cpp.llama_backend_init()
    return llama_cpp


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C and similar signals until a native call that logs has returned.

    Python would raise the exception in the log callback, where it is lost, because it cannot cross native code.
    """
    waiting: list[tuple[int, FrameType | None]] = []
    try:
        with replaced_handlers(lambda *arrived: waiting.append(arrived)) as handlers:
            yield
    finally:
        for number, frame in waiting:
            handlers[number](number, frame)


def last_log(lines: int = 20) -> str:
    """The last lines of llama.cpp's log."""
    with _lock:
        return "\n".join("".join(_log).strip().splitlines()[-lines:])


def last_error() -> str:
    """llama.cpp's last error message, in one line."""
    lines = last_log().splitlines()
    errors = [line for line in lines if "error" in line.lower()] or lines[-1:] or ["it gave no reason"]
    return errors[-1].rpartition("error loading model: ")[2].strip()


def supports_gpu() -> bool:
    """Whether this build can put layers on a GPU."""
    return bool(library().llama_supports_gpu_offload())


def native_function(name: str, *, load: Callable[[], Any] = library) -> Any:
    """The function of llama.cpp's libraries with this C name; None if it is not exported or llama.cpp is missing.

    `load` returns the `llama_cpp` module.
    """
    try:
        return getattr(getattr(load().llama_cpp, "_lib", None), name, None)
    except MissingError:
        return None
