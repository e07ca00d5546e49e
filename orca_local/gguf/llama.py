"""The one place that imports llama.cpp: loaded when it is used, its log kept and never printed."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType
from typing import Any

from orca_local.domain.errors import MissingError

LOG_LINES = 200

SPINS = "1000"
"""How often an idle thread of libgomp looks for work before it sleeps. With its own 300,000, one other busy
process makes generation a hundred times slower: threads spin for each other instead of giving way. On an idle
machine this costs a few percent."""

_log: deque[str] = deque(maxlen=LOG_LINES)
_lock = threading.Lock()
_callback: Any = None
"""llama.cpp calls this for as long as the process lives: a callback that is collected is a crash."""


@cache
def library() -> Any:
    """The `llama_cpp` module, its backend started. Raises `MissingError` where it is not installed."""
    global _callback
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)  # libgomp reads it once, when it is loaded
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
    """Let Ctrl-C and its like wait until a native call that logs has returned.

    Python would raise them in the log's callback, and an exception cannot cross native code: it would be lost.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[tuple[int, FrameType | None]] = []
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    handlers = {number: handler for number in numbers if callable(handler := signal.getsignal(number))}
    for number in handlers:
        signal.signal(number, lambda *arrived: waiting.append(arrived))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number, frame in waiting:
            handlers[signal.Signals(number)](number, frame)


def last_log(lines: int = 20) -> str:
    """What llama.cpp said last."""
    with _lock:
        return "\n".join("".join(_log).strip().splitlines()[-lines:])


def supports_gpu() -> bool:
    """Whether this build can put layers on a GPU."""
    return bool(library().llama_supports_gpu_offload())


def routine(name: str) -> Any:
    """A function of the libraries that llama.cpp consists of, by its C name; None where there is none to be had."""
    try:
        return getattr(getattr(library().llama_cpp, "_lib", None), name, None)
    except MissingError:
        return None


def run_server(parameters: Any) -> None:
    """Be llama-cpp-python's own server, its options on the command line, its models loaded as `parameters` say."""
    # The server takes no such option, and asks for the defaults at every load.
    library().llama_cpp.llama_model_default_params = lambda: type(parameters).from_buffer_copy(parameters)
    from llama_cpp.server.__main__ import main

    main()
