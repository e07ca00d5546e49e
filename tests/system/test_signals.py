from __future__ import annotations

import os
import signal
import time

import pytest

from orca_local.system.signals import interrupts_held, signals_as_interrupt


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


def test_a_held_interrupt_is_raised_at_the_end_of_the_block_and_answered_at_once() -> None:
    told: list[str] = []
    reached = []
    with pytest.raises(KeyboardInterrupt, match="SIGTERM"), signals_as_interrupt(told.append):
        with interrupts_held("stopping soon") as interrupts:
            send(signal.SIGTERM)
            assert interrupts.received == "SIGTERM" and told == ["stopping soon"]
            reached.append("the end of the block")
        reached.append("what comes after it")
    assert reached == ["the end of the block"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_the_block_can_stop_where_it_wants_to() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_held("") as interrupts:
        interrupts.raise_if_received()
        send(signal.SIGINT)
        interrupts.raise_if_received()
        pytest.fail("it went on")


def test_a_second_one_does_not_wait() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_held(""):
        send(signal.SIGINT)
        time.sleep(0.6)
        send(signal.SIGINT)
        pytest.fail("it went on")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_passed_on_twice_is_one_interrupt() -> None:
    """A terminal that closes sends SIGHUP, and the shell in it does so again."""
    reached = False
    with pytest.raises(KeyboardInterrupt), signals_as_interrupt(), interrupts_held(""):
        send(signal.SIGHUP)
        send(signal.SIGHUP)
        reached = True
    assert reached


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """As Ctrl-C is in what a shell runs in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts_held("") as interrupts:
            send(signal.SIGINT)
            assert not interrupts.received
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_error_in_the_block_is_the_news() -> None:
    with pytest.raises(ValueError, match="news"), interrupts_held(""):
        send(signal.SIGINT)
        raise ValueError("news")
