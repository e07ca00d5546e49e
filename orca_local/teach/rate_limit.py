"""Limits on the rate and number of calls. Pure: the time is passed in."""

from __future__ import annotations

import random

BURST_S = 5.0
"""Unused capacity is saved up for this many seconds."""
AHEAD = 4
"""One call is handed over in advance for every `AHEAD` calls in flight."""
FIRST_PAUSE_S, MAX_PAUSE_S = 0.5, 60.0
BELIEVED = 3
"""After so many rejections in a row, the pauses that an endpoint asks for are too short, and become longer."""


class TokenBucket:
    """A token bucket: a rate per minute, with short bursts."""

    def __init__(self, per_minute: float) -> None:
        """A rate of 0 is no limit."""
        self._rate = per_minute / 60
        self._capacity = max(1.0, self._rate * BURST_S)
        self._level, self._updated_at = self._capacity, 0.0

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken; an amount above the capacity waits for a full bucket."""
        if not self._rate:
            return 0.0
        if self._updated_at:
            self._level = min(self._capacity, self._level + self._rate * (now - self._updated_at))
        self._updated_at = now
        return max(0.0, (min(amount, self._capacity) - self._level) / self._rate)

    def take(self, amount: float) -> None:
        """Use `amount`; the level may become negative."""
        self._level -= amount


class RateLimiter:
    """Decides when the next call may be made.

    The number of calls in flight follows TCP's rule: additive increase, multiplicative decrease.
    """

    def __init__(
        self,
        concurrency: int,
        *,
        requests_per_minute: int = 0,
        tokens_per_minute: int = 0,
        jitter: random.Random | None = None,
    ) -> None:
        self._max_limit = concurrency
        self.limit = float(concurrency)
        """Number of calls in flight that the endpoint seems to accept."""
        self._ahead = concurrency // AHEAD
        self._requests, self._tokens = TokenBucket(requests_per_minute), TokenBucket(tokens_per_minute)
        self._jitter = jitter or random.Random()
        self._paused_until = self._lowered_at = float("-inf")
        self._rejections = 0

    def wait(self, in_flight: int, tokens: float, now: float) -> float:
        """Seconds until a call of `tokens` tokens may be made; infinite if another call must end first.

        At full concurrency a few more calls are handed over, so that a thread never waits for the store.
        """
        ahead = self._ahead if self.limit >= self._max_limit else 0
        if in_flight >= max(1, int(self.limit)) + ahead:
            return float("inf")
        return max(self._paused_until - now, self._requests.wait(1, now), self._tokens.wait(tokens, now), 0.0)

    def take(self, tokens: float) -> None:
        """Count a call of `tokens` tokens."""
        self._requests.take(1)
        self._tokens.take(tokens)

    def correct(self, expected_tokens: float, tokens: float) -> None:
        """Replace the expected tokens of a call by its actual tokens."""
        self._tokens.take(tokens - expected_tokens)

    def succeeded(self) -> None:
        """A call was answered. After about `limit` answers, one more call may be in flight."""
        self._rejections = 0
        self.limit = min(self._max_limit, self.limit + 1 / self.limit)

    def rejected(self, retry_after_s: float | None, sent_at: float, now: float) -> None:
        """The endpoint rejected a call as one too many (HTTP 429).

        Only the first rejection among calls in flight together lowers the limit. An endpoint that asks for a pause of
        0 and goes on rejecting gets the pauses of one that asks for none.
        """
        if sent_at >= self._lowered_at:
            self._lowered_at = now
            self.limit = max(1.0, self.limit / 2)
            self._rejections += 1
        if retry_after_s is None:
            pause = self.backoff(self._rejections)
        else:
            pause = retry_after_s * self._jitter.uniform(1, 1.1)
            if self._rejections > BELIEVED:
                pause = max(pause, self.backoff(self._rejections - BELIEVED))
        self._paused_until = max(self._paused_until, now + pause)

    def backoff(self, tries: int) -> float:
        """Seconds before try `tries` + 1: doubled each time, with jitter."""
        doubled: float = FIRST_PAUSE_S * 2.0 ** (tries - 1)
        return min(MAX_PAUSE_S, doubled) * self._jitter.uniform(0.5, 1.5)
