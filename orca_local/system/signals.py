"""Makes SIGTERM and SIGHUP work like Ctrl-C, and lets all three wait until a step is finished."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
_REPEAT_SECONDS = 0.5
"""Seconds in which two signals count as one: a terminal and a shell may both pass on the same Ctrl-C."""

Handler = Callable[[int, FrameType | None], object]

_print_line: Callable[[str], None] | None = None
"""Prints a line from within a signal handler; set by `signals_as_interrupt`."""


class Interrupts:
    """The signals that arrived while interrupts were held."""

    def __init__(self) -> None:
        self.received = ""
        """Name of the first signal, such as `SIGTERM`; empty if none arrived."""
        self.received_at = 0.0
        """When it arrived, in seconds of the monotonic clock."""

    def raise_if_received(self) -> None:
        """Raise the held `KeyboardInterrupt`, if a signal arrived."""
        if self.received:
            raise KeyboardInterrupt(self.received)


@contextmanager
def signals_as_interrupt(print_line: Callable[[str], None] | None = None) -> Iterator[None]:
    """Make SIGTERM and SIGHUP raise `KeyboardInterrupt` in the block, as Ctrl-C does; existing handlers stay.

    `print_line` gets a line for the user when an interrupt has to wait. It is called from a signal handler.
    """
    global _print_line
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    replaced = [number for number in _numbers(_ENDING[1:]) if signal.getsignal(number) is signal.SIG_DFL]
    for number in replaced:
        signal.signal(number, _interrupt)
    before, _print_line = _print_line, print_line or _print_line
    try:
        yield
    finally:
        _print_line = before
        for number in replaced:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def interrupts_held(notice: str) -> Iterator[Interrupts]:
    """Hold Ctrl-C, SIGTERM and SIGHUP until the end of the block; a second signal ends the block at once.

    The block can check the yielded `Interrupts` and stop where nothing is half done. `notice` is printed when a
    signal has to wait. At the end of the block the held `KeyboardInterrupt` is raised.
    """
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    handlers = {number: signal.getsignal(number) for number in _numbers(_ENDING)}
    # A signal that is ignored or has the system's default action is left alone.
    held: dict[int, Handler] = {number: handler for number, handler in handlers.items() if callable(handler)}

    def hold(number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if not interrupts.received:
            interrupts.received, interrupts.received_at = signal.Signals(number).name, now
            if _print_line is not None:
                _print_line(notice)
        elif now - interrupts.received_at > _REPEAT_SECONDS:
            held[number](number, frame)

    for number in held:
        signal.signal(number, hold)
    try:
        yield interrupts
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
    interrupts.raise_if_received()


def _numbers(names: tuple[str, ...]) -> list[int]:
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)
