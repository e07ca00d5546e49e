"""Signals that end what is running: SIGTERM and a hang-up do as Ctrl-C does, and all of them may be made to wait."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
_SAME_S = 0.5
"""A terminal and a program in between may both pass on the same Ctrl-C: what comes sooner is no second one."""

Handler = Callable[[int, FrameType | None], object]

_tell: Callable[[str], None] | None = None
"""Says a line at once, from within a handler; set by `signals_as_interrupt`."""


class Interrupts:
    """What was asked while interrupts waited."""

    def __init__(self) -> None:
        self.asked = ""
        """Name of the first signal; empty where none came."""
        self.at = 0.0

    def raise_if_asked(self) -> None:
        """Raise the `KeyboardInterrupt` that was held back, where there is one."""
        if self.asked:
            raise KeyboardInterrupt(self.asked)


@contextmanager
def signals_as_interrupt(tell: Callable[[str], None] | None = None) -> Iterator[None]:
    """Make SIGTERM and a hang-up end the block as Ctrl-C does; a handler that is set already stays.

    `tell` is given a line for the user where an interrupt has to wait. It is called in the middle of anything.
    """
    global _tell
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [number for number in _numbers(_ENDING[1:]) if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _interrupt)
    before, _tell = _tell, tell or _tell
    try:
        yield
    finally:
        _tell = before
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def interrupts_held(answer: str) -> Iterator[Interrupts]:
    """Let Ctrl-C, SIGTERM and a hang-up wait for the end of the block; a second one ends it at once.

    The block asks what came, and may stop where nothing is half done; `answer` is what the user is told until
    then. Raises the `KeyboardInterrupt` that waited at its end.
    """
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    handlers = {number: signal.getsignal(number) for number in _numbers(_ENDING)}
    # What the system does by default, or ignores, stays as it is.
    held: dict[int, Handler] = {number: handler for number, handler in handlers.items() if callable(handler)}

    def hold(number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if not interrupts.asked:
            interrupts.asked, interrupts.at = signal.Signals(number).name, now
            if _tell is not None:
                _tell(answer)
        elif now - interrupts.at > _SAME_S:
            held[number](number, frame)

    for number in held:
        signal.signal(number, hold)
    try:
        yield interrupts
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
    interrupts.raise_if_asked()


def _numbers(names: tuple[str, ...]) -> list[int]:
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)
