"""Calls native code that recurses deeper than an ordinary thread's stack allows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Value = TypeVar("Value")
_lock = threading.Lock()
_PAGE = 1 << 16


def call_with_stack(size: int, function: Callable[[], Value]) -> Value:
    """Call `function` in a thread with a stack of at least `size` bytes, and return its result or raise its error.

    The system reserves the address space and takes memory only for what is used. Raises `MemoryError` if it refuses.
    """
    future: Future[Value] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    thread = threading.Thread(target=run, name="deep-stack")
    with _lock:
        before = threading.stack_size(-(-size // _PAGE) * _PAGE)
        try:
            thread.start()
        except RuntimeError as error:
            raise MemoryError(f"there is no room for a stack of {size:,} bytes") from error
        finally:
            threading.stack_size(before)
    try:
        thread.join()
    except BaseException:
        thread.join()  # what the function uses must not be freed under it
        raise
    return future.result()
