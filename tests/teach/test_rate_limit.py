from __future__ import annotations

import random

import pytest

from orca_local.teach.rate_limit import RateLimiter, TokenBucket


def limiter(concurrency: int = 16, **rates: int) -> RateLimiter:
    return RateLimiter(concurrency, jitter=random.Random(0), **rates)


def test_rejections_halve_the_calls_in_flight_and_answers_restore_them() -> None:
    limits = limiter()
    assert limits.wait(19, 0, 1.0) == 0 and limits.wait(20, 0, 1.0) == float("inf"), "a few wait where they are sent"
    limits.rejected(None, 0.5, 1.0)
    for _ in range(5):
        limits.rejected(None, 0.5, 1.2)
    assert limits.limit == 8, "refusals of one burst count once"
    assert limits.wait(8, 0, 100.0) == float("inf"), "and none waits any more"
    limits.rejected(None, 4.9, 5.0)
    assert limits.limit == 4
    for _ in range(500):
        limits.succeeded()
    assert limits.limit == 16
    for second in range(100):
        limits.rejected(None, 10.0 + 2 * second, 11.0 + 2 * second)
    assert limits.limit == 1 and limits.wait(0, 0, 1000.0) == 0, "one call at a time is always tried"


def test_the_pause_is_as_long_as_retry_after_or_little_longer() -> None:
    limits = limiter()
    limits.rejected(30.0, 99.0, 100.0)
    limits.rejected(2.0, 99.0, 100.1)
    assert 30 <= limits.wait(0, 0, 100.0) <= 33, "a shorter one does not cut it short"
    assert limits.wait(0, 0, 134.0) == 0


def test_a_pause_of_zero_is_not_believed_for_ever() -> None:
    limits = limiter()
    pauses = []
    for number in range(12):
        now = 1000.0 * (number + 1)
        limits.rejected(0.0, now, now)
        pauses.append(limits.wait(0, 0, now))
    assert pauses[:3] == [0, 0, 0] and pauses[-1] > 30 and pauses[5] > 0.5
    limits.succeeded()
    limits.rejected(0.0, 20_000.0, 20_000.0)
    assert limits.wait(0, 0, 20_000.0) == 0, "an answer in between restores the belief"


def test_without_retry_after_the_pause_doubles_with_jitter() -> None:
    limits = limiter()
    pauses = []
    for number in range(12):
        now = 1000.0 * (number + 1)
        limits.rejected(None, now, now)
        pauses.append(limits.wait(0, 0, now))
    for number, pause in enumerate(pauses):
        assert 0.5 <= pause / min(60, 0.5 * 2**number) <= 1.5
    assert len(set(pauses)) == 12


@pytest.mark.parametrize("rate", [30, 600, 6000])
def test_a_rate_per_minute_is_kept_and_used_up(rate: int) -> None:
    limits = limiter(1000, requests_per_minute=rate)
    now, sent = 1.0, []
    while now < 181:
        wait = limits.wait(0, 0, now)
        if wait:
            now += wait + 1e-6
            continue
        limits.take(0)
        sent.append(now)
    worst = max(sum(1 for at in sent if start <= at < start + 60) for start in sent[:: max(1, rate // 20)])
    assert worst <= rate + max(1, rate * 5 / 60) + 1
    assert len(sent) >= 3 * rate - 1


def test_expected_tokens_are_replaced_by_actual_tokens() -> None:
    limits = limiter(tokens_per_minute=6000)
    assert limits.wait(0, 400, 1.0) == 0
    limits.take(400)
    assert limits.wait(0, 400, 1.0) > 2
    limits.correct(400, 50)
    assert limits.wait(0, 400, 1.0) == 0


def test_an_amount_above_the_capacity_waits_for_a_full_bucket() -> None:
    bucket = TokenBucket(60)
    assert bucket.wait(1000, 1.0) == 0
    bucket.take(1000)
    assert bucket.wait(1, 1.0) == pytest.approx(996)
