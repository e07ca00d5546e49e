"""Unreliable endpoints: rate limits, bursts of errors, and calls that hang."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from orca_local.domain.errors import RemoteError
from orca_local.domain.events import Warned
from orca_local.store.store import Store
from orca_local.teach import call_loop
from tests.events import summary_of
from tests.openai_server import Gauge, OpenAIServer, Reply, error
from tests.teach.scene import fill, run, sample, settings, solve


def test_all_calls_wait_for_retry_after(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(12)])
    times: list[float] = []

    def script(request: dict[str, Any], number: int) -> Reply:
        times.append(time.monotonic())
        time.sleep(0.02)
        return error(429, "slow down", **{"Retry-After": "0.6"}) if number == 3 else solve(request, number)

    with OpenAIServer(script) as server:
        result = summary_of(run(store, samples, settings(server.url, concurrency=2)))
    assert result["calls"]["new"] == 12
    refused = times[2] + 0.02
    assert not [at for at in times if refused + 0.1 < at < refused + 0.6]


@pytest.mark.slow
def test_the_number_of_calls_in_flight_adapts_to_the_endpoint(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(100, 300)])
    gauge, refused, answered = Gauge(), [], []

    def script(request: dict[str, Any], number: int) -> Reply:
        with gauge.inside() as here:
            if here > 4:
                refused.append(number)
                return error(429, "too many at once", **{"retry-after-ms": "20"})
            time.sleep(0.03)
            answered.append(number)
            return solve(request, number)

    with OpenAIServer(script) as server:
        result = summary_of(run(store, samples, settings(server.url, concurrency=32, tries=1)))
    assert result["calls"] == {"new": 200, "cached": 0, "failed": 0}, "a rejection is not the fault of the question"
    assert len(refused) < 200
    late = [number for number in refused if number > len(server.requests) / 2]
    assert len(late) < len(refused) / 2, "it learns"


@pytest.mark.slow
def test_the_run_ends_if_every_call_is_rejected(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(5)])
    with OpenAIServer(lambda *_: error(429, "never", **{"Retry-After": "0.1"})) as server:
        started = time.monotonic()
        with pytest.raises(RemoteError, match=r"rejected every call for 0\.5 s.*never"):
            run(store, samples, settings(server.url, patience_s=0.5))
    assert time.monotonic() - started > 0.5
    assert store.charges.spent().usd == 0


def test_the_run_ends_if_the_pause_is_longer_than_patience(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(5)])
    with OpenAIServer(lambda *_: error(429, "tomorrow", **{"Retry-After": "3600"})) as server:
        with pytest.raises(RemoteError, match=r"asks to wait for 3,600 s.*tomorrow"):
            run(store, samples, settings(server.url))
        assert len(server.requests) <= 5, "no question is asked twice"


def test_a_long_pause_is_reported_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_loop, "MIN_ANNOUNCED_S", 0.2)
    samples = fill(store, [sample(i) for i in range(4)])

    def script(request: dict[str, Any], number: int) -> Reply:
        return error(429, "busy", **{"Retry-After": "0.3"}) if number <= 2 else solve(request, number)

    with OpenAIServer(script) as server:
        events = run(store, samples, settings(server.url, concurrency=2))
    said = [event.message for event in events if isinstance(event, Warned)]
    assert 1 <= len(said) <= 2 and all("asks to wait for 0 s: HTTP 429: busy" in message for message in said)


def test_the_run_ends_if_an_endpoint_that_is_down_asks_for_a_pause_longer_than_patience(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(5)])
    with OpenAIServer(lambda *_: error(503, "maintenance", **{"Retry-After": "86400"})) as server:
        with pytest.raises(RemoteError, match=r"asks to wait for 86,400 s.*maintenance"):
            run(store, samples, settings(server.url))
        assert len(server.requests) <= 5


def test_an_exhausted_quota_ends_the_run(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(5)])
    body = b'{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}'
    reply = Reply(429, body, {"Content-Type": "application/json"})
    with OpenAIServer(lambda *_: reply) as server, pytest.raises(RemoteError, match=r"quota at .* is used up"):
        run(store, samples, settings(server.url))
    assert len(server.requests) <= 5


def test_a_burst_of_errors_is_survived(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(30)])

    def script(request: dict[str, Any], number: int) -> Reply:
        return error(500 + 3 * (number % 2), "burst") if number <= 20 else solve(request, number)

    with OpenAIServer(script) as server:
        result = summary_of(run(store, samples, settings(server.url, concurrency=10, tries=4)))
    assert result["calls"] == {"new": 30, "cached": 0, "failed": 0}
    assert len(server.requests) == 50


def test_the_run_ends_after_many_failures_in_a_row(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(100, 400)])
    with OpenAIServer(lambda *_: error(500, "broken")) as server:
        with pytest.raises(RemoteError, match=r"answered none of the last 20 questions.*HTTP 500: .*broken"):
            run(store, samples, settings(server.url, concurrency=4, tries=1))
        assert len(server.requests) < 40


def test_a_call_that_hangs_is_retried(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(4)])
    seen: Counter[str] = Counter()

    def script(request: dict[str, Any], number: int) -> Reply:
        question = request["messages"][-1]["content"]
        seen[question] += 1
        good = solve(request, number)
        return replace(good, delay_s=1.5) if "2 + 2" in question and seen[question] == 1 else good

    with OpenAIServer(script) as server:
        result = summary_of(run(store, samples, settings(server.url, timeout_s=0.3)))
    assert result["calls"]["new"] == 4
    assert sorted(seen.values()) == [1, 1, 1, 2]


@pytest.mark.slow
def test_at_most_sixty_four_calls_are_in_flight(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(1000, 1256)])
    gauge, full = Gauge(), threading.Event()

    def script(request: dict[str, Any], number: int) -> Reply:
        with gauge.inside() as here:
            if here >= 64:
                time.sleep(0.25)  # for one that should not come
                full.set()
            full.wait(30)
            return solve(request, number)

    with OpenAIServer(script) as server:
        result = summary_of(run(store, samples, settings(server.url, concurrency=64, timeout_s=60)))
    assert result["calls"]["new"] == 256
    assert gauge.max == 64


def test_the_rate_of_requests_is_limited(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(60)])
    times: list[float] = []

    def script(request: dict[str, Any], number: int) -> Reply:
        times.append(time.monotonic())
        return solve(request, number)

    with OpenAIServer(script) as server:
        run(store, samples, settings(server.url, concurrency=16, requests_per_minute=600))
    assert times[-1] - times[0] >= 0.9, "a burst of 50 is allowed, the rest go at ten a second"


def test_max_completion_tokens_is_sent_to_models_that_need_it(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(3)])

    def script(request: dict[str, Any], number: int) -> Reply:
        if "max_tokens" in request:
            return error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        return solve(request, number)

    with OpenAIServer(script) as server:
        result = summary_of(run(store, samples, settings(server.url, concurrency=1)))
    assert result["calls"] == {"new": 3, "cached": 0, "failed": 0}
    assert [request.get("max_completion_tokens") for request in server.requests] == [None, 1024, 1024, 1024]
