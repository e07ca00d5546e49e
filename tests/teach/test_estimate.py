"""Estimates of the cost of teaching, compared with the actual cost."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.settings import TeacherSettings
from orca_local.domain.teach_summary import TeachEstimate
from orca_local.rows.renderer import PromptRenderer
from orca_local.store.store import Store
from orca_local.teach.estimate import estimate
from orca_local.teach.factory import make_teacher
from orca_local.teach.job import TeachJob
from orca_local.teach.prices import Price
from tests.events import summary_of
from tests.openai_server import OpenAIServer, Reply, answer
from tests.teach.scene import STEPS, fill, no_model, run, sample, settings, solve

PRICE = Price(input=0.5, output=2.0)


def ask(
    store: Store,
    renderer: PromptRenderer,
    chosen: TeacherSettings,
    *,
    price: Price | None = PRICE,
    limit: int | None = None,
) -> TeachEstimate:
    teacher = make_teacher(chosen, Path(), no_model, offline=True)
    samples = store.samples.list(split="train")
    return estimate(store, renderer, teacher, TeachJob(samples, {"sums": STEPS}, chosen, price, limit))


def billed(request: dict[str, Any], number: int) -> Reply:
    """Counts tokens in its own way; answers have very different lengths, and one in five is wrong."""
    rng = random.Random(request["messages"][-1]["content"] + str(request["temperature"]))
    text = json.loads(solve(request, number).body)["choices"][0]["message"]["content"]
    good = answer(text if rng.random() > 0.2 else "Answer: 1")
    body = json.loads(good.body)
    written = sum(len(message["content"].split()) for message in request["messages"])
    body["usage"] = {"prompt_tokens": round(1.7 * written), "completion_tokens": rng.randint(40, 400)}
    return replace(good, body=json.dumps(body).encode())


@pytest.mark.slow
@pytest.mark.parametrize("attempts", [0, 2])
def test_after_some_calls_the_estimate_is_within_a_fifth_of_the_bill(
    store: Store, renderer: PromptRenderer, attempts: int
) -> None:
    fill(store, [sample(i, prompt=f"What is {i} + {i}? " + "Mind the sum. " * (i % 7)) for i in range(100, 400)])
    samples = store.samples.list(split="train")
    with OpenAIServer(billed) as server:
        chosen = settings(server.url, concurrency=16, attempts=attempts)
        run(store, samples, chosen, price=PRICE, limit=60)
        before = store.charges.spent()
        result = ask(store, renderer, chosen)
        bill = summary_of(run(store, samples, chosen, price=PRICE))["cost_usd"]
        calls = store.charges.spent().calls - before.calls
    assert (result.questions, result.cached) == (300, 60)
    assert abs(result.calls / calls - 1) < 0.15
    assert result.usd is not None
    assert abs(result.usd.expected / bill - 1) < 0.2
    assert result.usd.low <= bill <= result.usd.high < result.usd.at_most
    assert "earlier calls" in result.basis


def test_without_earlier_calls_the_estimate_says_that_it_guesses(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(i) for i in range(10)])
    chosen = settings("https://far.example/v1", requests_per_minute=2)
    result = ask(store, renderer, chosen, limit=4)
    assert (result.questions, result.calls, result.cached) == (4, 4, 0)
    assert result.completion_tokens.low < result.completion_tokens.expected == 4 * 160
    assert "guessed" in result.basis
    assert result.seconds == 120, "two a minute"
    assert result.usd is not None
    assert 0 < result.usd.low < result.usd.expected < result.usd.high < result.usd.at_most
    assert store.charges.spent().calls == 0


def test_without_a_price_there_is_no_cost(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(1)])
    result = ask(store, renderer, settings("https://far.example/v1"), price=None)
    assert result.usd is None and "prices.toml" in result.price


def test_stored_answers_cost_nothing(store: Store, renderer: PromptRenderer) -> None:
    samples = fill(store, [sample(i) for i in range(3)])
    with OpenAIServer(solve) as server:
        chosen = settings(server.url)
        run(store, samples, chosen, price=PRICE)
        result = ask(store, renderer, chosen)
    usd = result.usd
    assert usd is not None
    assert (result.calls, usd.expected, usd.at_most, result.seconds) == (0, 0.0, 0.0, 0.0)
