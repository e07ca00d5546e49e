"""Makes SIGTERM and SIGHUP work like Ctrl-C, and lets all three wait until a step is finished."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

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
def replaced_handlers(
    handler: Handler, *, replaces: Callable[[object], bool] = callable, names: Sequence[str] = _ENDING
) -> Iterator[Mapping[int, Any]]:
    """Handle those signals with `handler` whose present handler `replaces` accepts; yields the present ones.

    By default, a signal that is ignored or has the system's default action is left alone. Only the main thread can set
    handlers: in another thread, nothing is replaced.
    """
    is_main = threading.current_thread() is threading.main_thread()
    numbers = [getattr(signal, name) for name in names if is_main and hasattr(signal, name)]
    before = {number: old for number in numbers if replaces(old := signal.getsignal(number))}
    for number in before:
        signal.signal(number, handler)
    try:
        yield before
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextmanager
def signals_as_interrupt(print_line: Callable[[str], None] | None = None) -> Iterator[None]:
    """Make SIGTERM and SIGHUP raise `KeyboardInterrupt` in the block, as Ctrl-C does; existing handlers stay.

    `print_line` gets a line for the user when an interrupt has to wait. It is called from a signal handler.
    """
    global _print_line
    before = _print_line
    with replaced_handlers(_interrupt, replaces=lambda old: old is signal.SIG_DFL, names=_ENDING[1:]):
        _print_line = print_line or _print_line
        try:
            yield
        finally:
            _print_line = before


@contextmanager
def interrupts_held(notice: str) -> Iterator[Interrupts]:
    """Hold Ctrl-C, SIGTERM and SIGHUP until the end of the block; a second signal ends the block at once.

    The block can check the yielded `Interrupts` and stop where nothing is half done. `notice` is printed when a
    signal has to wait. At the end of the block the held `KeyboardInterrupt` is raised.
    """
    interrupts = Interrupts()

    def hold(number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if not interrupts.received:
            interrupts.received, interrupts.received_at = signal.Signals(number).name, now
            if _print_line is not None:
                _print_line(notice)
        elif now - interrupts.received_at > _REPEAT_SECONDS:
            handlers[number](number, frame)

    with replaced_handlers(hold) as handlers:
        yield interrupts
    interrupts.raise_if_received()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)
