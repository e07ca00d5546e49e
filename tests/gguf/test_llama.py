"""An interrupt during a native call is delayed and not lost."""

from __future__ import annotations

import os
import signal

import pytest

from orca_local.gguf.llama import uninterrupted


def test_an_interrupt_waits_for_the_native_call() -> None:
    reached = False
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may start tests with it ignored
    try:
        with pytest.raises(KeyboardInterrupt), uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            reached = True
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert reached


def test_a_signal_that_nobody_handles_keeps_its_effect() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with uninterrupted():
        assert signal.getsignal(signal.SIGTERM) is before or callable(before)
    assert signal.getsignal(signal.SIGTERM) is before
