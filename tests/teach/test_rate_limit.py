from __future__ import annotations

import random

import pytest

from orca_local.teach.rate_limit import Bucket, Pace


def pace(concurrency: int = 16, **rates: int) -> Pace:
    return Pace(concurrency, jitter=random.Random(0), **rates)


def test_refusals_halve_what_is_in_flight_and_answers_bring_it_back() -> None:
    made = pace()
    assert made.wait(19, 0, 1.0) == 0 and made.wait(20, 0, 1.0) == float("inf"), "a few wait where they are sent"
    made.refused(None, 0.5, 1.0)
    for _ in range(5):
        made.refused(None, 0.5, 1.2)
    assert made.limit == 8, "refusals of one burst count once"
    assert made.wait(8, 0, 100.0) == float("inf"), "and none waits any more"
    made.refused(None, 4.9, 5.0)
    assert made.limit == 4
    for _ in range(500):
        made.answered()
    assert made.limit == 16
    for second in range(100):
        made.refused(None, 10.0 + 2 * second, 11.0 + 2 * second)
    assert made.limit == 1 and made.wait(0, 0, 1000.0) == 0, "one call at a time is always tried"


def test_a_retry_after_is_waited_out_and_hardly_more() -> None:
    made = pace()
    made.refused(30.0, 99.0, 100.0)
    made.refused(2.0, 99.0, 100.1)
    assert 30 <= made.wait(0, 0, 100.0) <= 33, "a shorter one does not cut it short"
    assert made.wait(0, 0, 134.0) == 0


def test_without_one_the_pause_doubles_and_is_never_the_same() -> None:
    made = pace()
    pauses = []
    for number in range(12):
        now = 1000.0 * (number + 1)
        made.refused(None, now, now)
        pauses.append(made.wait(0, 0, now))
    for number, pause in enumerate(pauses):
        assert 0.5 <= pause / min(60, 0.5 * 2**number) <= 1.5
    assert len(set(pauses)) == 12


@pytest.mark.parametrize("rate", [30, 600, 6000])
def test_a_rate_is_kept_over_a_minute_and_used_up(rate: int) -> None:
    made = pace(1000, requests_per_minute=rate)
    now, sent = 1.0, []
    while now < 181:
        wait = made.wait(0, 0, now)
        if wait:
            now += wait + 1e-6
            continue
        made.take(0)
        sent.append(now)
    worst = max(sum(1 for at in sent if start <= at < start + 60) for start in sent[:: max(1, rate // 20)])
    assert worst <= rate + max(1, rate * 5 / 60) + 1
    assert len(sent) >= 3 * rate - 1


def test_tokens_are_corrected_when_they_are_known() -> None:
    made = pace(tokens_per_minute=6000)
    assert made.wait(0, 400, 1.0) == 0
    made.take(400)
    assert made.wait(0, 400, 1.0) > 2
    made.correct(400, 50)
    assert made.wait(0, 400, 1.0) == 0


def test_what_is_larger_than_a_bucket_goes_when_it_is_full() -> None:
    bucket = Bucket(60)
    assert bucket.wait(1000, 1.0) == 0
    bucket.take(1000)
    assert bucket.wait(1, 1.0) == pytest.approx(996)
