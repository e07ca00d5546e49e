"""How fast an endpoint is asked: rates that are known, and a concurrency that is learned. Pure: time is passed in."""

from __future__ import annotations

import random

BURST_S = 5.0
"""Seconds of a rate that may be used at once."""
AHEAD = 4
"""One call for so many in flight waits where it is sent."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0


class Bucket:
    """A rate a minute: what was not used is saved up for a few seconds."""

    def __init__(self, per_minute: float) -> None:
        self._rate = per_minute / 60
        self._most = max(1.0, self._rate * BURST_S)
        self._level, self._at = self._most, 0.0

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken; what is larger than the bucket waits until it is full."""
        if not self._rate:
            return 0.0
        self._level = min(self._most, self._level + self._rate * (now - self._at)) if self._at else self._most
        self._at = now
        return max(0.0, (min(amount, self._most) - self._level) / self._rate)

    def take(self, amount: float) -> None:
        """Use it, below nothing if need be."""
        self._level -= amount


class Pace:
    """Says when the next call may go: additive increase, multiplicative decrease, as TCP has it."""

    def __init__(
        self,
        concurrency: int,
        *,
        requests_per_minute: int = 0,
        tokens_per_minute: int = 0,
        jitter: random.Random | None = None,
    ) -> None:
        self._most = concurrency
        self.limit = float(concurrency)
        """Calls in flight that the endpoint bears, as far as known."""
        self._ahead = concurrency // AHEAD
        self._requests, self._tokens = Bucket(requests_per_minute), Bucket(tokens_per_minute)
        self._jitter = jitter or random.Random()
        self._paused_until = self._lowered_at = float("-inf")
        self._refusals = 0

    def wait(self, in_flight: int, tokens: float, now: float) -> float:
        """Seconds until a call of so many tokens may go; infinite where one in flight has to end first.

        While all is well, a few more than may be in flight are handed over, so that none waits for the store.
        """
        ahead = self._ahead if self.limit >= self._most else 0
        if in_flight >= max(1, int(self.limit)) + ahead:
            return float("inf")
        return max(self._paused_until - now, self._requests.wait(1, now), self._tokens.wait(tokens, now), 0.0)

    def take(self, tokens: float) -> None:
        """A call goes."""
        self._requests.take(1)
        self._tokens.take(tokens)

    def correct(self, expected: float, tokens: float) -> None:
        """A call took other tokens than was expected."""
        self._tokens.take(tokens - expected)

    def answered(self) -> None:
        """A call was answered: one more may be in flight after about as many answers."""
        self._refusals = 0
        self.limit = min(self._most, self.limit + 1 / self.limit)

    def refused(self, retry_after_s: float | None, sent_at: float, now: float) -> None:
        """The endpoint said that this is too much (HTTP 429).

        Of the calls that were in flight together the first one counts: the others knew no better.
        """
        if sent_at >= self._lowered_at:
            self._lowered_at = now
            self.limit = max(1.0, self.limit / 2)
            self._refusals += 1
        pause = self.backoff(self._refusals) if retry_after_s is None else retry_after_s * self._jitter.uniform(1, 1.1)
        self._paused_until = max(self._paused_until, now + pause)

    def backoff(self, tries: int) -> float:
        """Seconds before try number `tries` + 1: doubled each time, and never the same for all."""
        doubled: float = FIRST_PAUSE_S * 2.0 ** (tries - 1)
        return min(LONGEST_PAUSE_S, doubled) * self._jitter.uniform(0.5, 1.5)
