"""Spending: no call that could exceed a limit, and no answer paid for twice, even if the process is killed."""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError, MissingError
from orca_local.domain.events import StageProgressed, Warned
from orca_local.domain.settings import TeacherSettings
from orca_local.runs.context import StageContext
from orca_local.store.charges import Spent
from orca_local.store.store import Store
from orca_local.teach.factory import make_teacher
from orca_local.teach.job import TeachJob
from orca_local.teach.prices import Price
from orca_local.teach.stage import teach
from tests.events import summary_of
from tests.openai_server import Gauge, OpenAIServer, Reply, answer, error
from tests.teach.killed import PRICE, teach_and_log
from tests.teach.scene import STEPS, fill, no_model, run, sample, settings, solve

COST = PRICE.cost(11, 5)
"""Cost of one answer of the scripted server."""


@pytest.mark.slow
def test_no_call_is_made_that_could_exceed_the_limit(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(40)])
    gauge = Gauge()

    def script(request: dict[str, Any], number: int) -> Reply:
        with gauge.inside():
            time.sleep(0.02)
        return solve(request, number)

    with OpenAIServer(script) as server:
        chosen = settings(server.url, concurrency=16, max_usd=0.0009, max_tokens=100)
        events = run(store, samples, chosen, price=PRICE)
        result = summary_of(events)
        worst = PRICE.cost(500, 100)
        asked = len(server.requests)
        again = run(store, samples, chosen, price=PRICE)
        assert len(server.requests) == asked, "the limit applies to the workspace, not to one run"
    assert 0 < result["not_asked"] == 40 - asked
    assert result["spent_usd"] == pytest.approx(asked * COST)
    assert 0.0009 - worst < result["spent_usd"] <= 0.0009, "the budget is used up, but never exceeded"
    assert gauge.max < 16, "calls in flight count with their maximum cost"
    assert max(e.usd for e in events if isinstance(e, StageProgressed) and e.usd) <= 0.0009
    (warning,) = (e for e in events if isinstance(e, Warned))
    assert "max_usd = 0.0009" in warning.message
    assert (summary_of(again)["calls"]["cached"], summary_of(again)["not_asked"]) == (asked, 40 - asked)


def test_retries_count_as_calls(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(5)])
    with OpenAIServer(lambda r, n: error(503, "busy") if n == 2 else solve(r, n)) as server:
        result = summary_of(run(store, samples, settings(server.url, concurrency=1, max_calls=4), price=PRICE))
        assert len(server.requests) == 4
    assert (result["calls"]["new"], result["not_asked"]) == (3, 2)
    assert result["cost_usd"] == pytest.approx(3 * COST), "a rejected call costs nothing"


def test_answers_from_a_file_are_no_calls(store: Store, tmp_path: Path) -> None:
    """They cost nothing, and leave all calls of the limit to a paid endpoint."""
    samples = fill(store, [sample(i) for i in range(5)])
    lines = [json.dumps({"id": s.id, "text": f"Answer: {s.answers[0]}"}) for s in samples]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    from_file = TeacherSettings(kind="file", file="answers.jsonl", max_calls=2)
    assert summary_of(run(store, samples, from_file, directory=tmp_path))["calls"]["new"] == 5
    assert store.charges.spent() == Spent(0.0, 0)
    with OpenAIServer(solve) as server:
        result = summary_of(run(store, samples, settings(server.url, max_calls=2)))
    assert (result["calls"]["new"], result["not_asked"]) == (2, 3)
    assert store.charges.spent().calls == 2


@pytest.mark.parametrize(
    ("reply", "cost"),
    [
        (replace(answer("Answer: 2"), hang_up=True), None),
        (replace(answer("Answer: 2"), delay_s=1.0), None),
        (error(500, "x"), 0.0),
        (Reply(body=b'{"choices": [{"message": {"content": "Answer: 2"}}]}'), None),
        (answer("cut", "length"), COST),
        (answer("", refusal="no"), COST),
    ],
)
def test_calls_that_may_have_been_billed_are_charged(store: Store, reply: Reply, cost: float | None) -> None:
    samples = fill(store, [sample(1), sample(2)])
    with OpenAIServer(lambda r, n: reply if "What is 1" in r["messages"][1]["content"] else solve(r, n)) as server:
        chosen = settings(server.url, tries=1, timeout_s=0.3)
        run(store, samples, chosen, price=PRICE)
    first = server.requests[0]["messages"]
    worst = PRICE.cost(32 + 16 + sum(len(m["content"].encode()) for m in first), 1024)
    assert store.charges.spent().usd == pytest.approx(COST + (worst if cost is None else cost))


def test_a_limit_in_dollars_needs_a_price(store: Store) -> None:
    samples = fill(store, [sample(1)])
    with pytest.raises(InputError, match=r"the price of 'scripted' at https://far\.example/v1 is unknown") as raised:
        run(store, samples, settings("https://far.example/v1", max_usd=1))
    assert "prices.toml" in raised.value.hint


def test_without_a_price_the_cost_is_unknown(store: Store) -> None:
    samples = fill(store, [sample(1)])
    with OpenAIServer(solve) as server:
        result = summary_of(run(store, samples, settings(server.url)))
    assert result["cost_usd"] is None
    assert store.charges.spent().calls == 1


def test_the_maximum_cost_is_stored_as_the_reservation(store: Store) -> None:
    samples = fill(store, [sample(1)])
    with OpenAIServer(solve) as server:
        run(store, samples, settings(server.url), price=Price(2.0, 3.0))
    (demonstration,) = store.demonstrations.list()
    call = store.teacher_calls.get(demonstration.teacher_call_key)
    assert call is not None and call.reserved_usd is not None
    asked = sum(len(m["content"].encode()) + 16 for m in call.request["messages"]) + 16
    assert call.reserved_usd == pytest.approx((2 * asked + 3 * 1024) / 1e6)
    assert call.cost_usd == pytest.approx((2 * 11 + 3 * 5) / 1e6)


def test_without_a_key_nothing_is_reserved(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    samples = fill(store, [sample(i) for i in range(9)])
    with pytest.raises(MissingError):
        run(store, samples, settings("https://far.example/v1", max_usd=1), price=PRICE)
    assert store.charges.spent() == Spent(0.0, 0)


@pytest.mark.slow
def test_calls_that_were_never_sent_cost_nothing(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(40)])
    with OpenAIServer(lambda r, n: replace(solve(r, n), delay_s=0.1 if n == 1 else 1.0)) as server:
        chosen = settings(server.url, concurrency=8, max_tokens=100)
        events = teach(
            StageContext(store, store.runs.start("teach", "{}", {})),
            make_teacher(chosen, Path(), no_model),
            TeachJob(samples, {"sums": STEPS}, chosen, PRICE),
        )
        while not store.demonstrations.list():
            next(events)
        events.close()  # type: ignore[attr-defined]
        time.sleep(1.2)
        sent = len(server.requests)
    settled = store._connection.rows("SELECT cost_usd FROM charges")
    open_or_answered = [row for row in settled if row["cost_usd"] is None or row["cost_usd"] > 0]
    assert len(settled) > len(open_or_answered), "some calls were handed over but not sent"
    assert len(open_or_answered) == sent, "only calls that were sent are charged"


@pytest.mark.slow
def test_fifty_kills_lose_nothing_and_pay_nothing_twice(tmp_path: Path) -> None:
    """Trap 11: every reported answer is stored, none is asked for again, and the limit holds."""
    path, log = tmp_path / "orca.db", tmp_path / "log"
    with Store.open(path, create=True) as store:
        fill(store, [sample(i) for i in range(100, 900)])
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.teach.killed", "openai"])
    rng = random.Random(5)
    cap = 0.5
    with OpenAIServer(lambda r, n: replace(solve(r, n), delay_s=0.01)) as server:
        for _ in range(50):
            with Store.open(path) as store:
                stored = {row.sample_id for row in store.demonstrations.list()}
                assert store.charges.spent().usd <= cap
            before = len(server.requests)
            child = processes.Process(target=teach_and_log, args=(path, server.url, log, cap))
            child.start()
            deadline = time.monotonic() + 20
            while len(server.requests) == before and child.is_alive() and time.monotonic() < deadline:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.08))
            child.kill()
            child.join()
            acknowledged = set(log.read_text().split()) if log.exists() else set()
            with Store.open(path) as store:
                assert acknowledged <= {row.sample_id for row in store.demonstrations.list()}
            asked = {_asked(request) for request in server.requests[before:]}
            assert not asked & stored, "no stored answer is asked for again"
        sent = len(server.requests)
        with Store.open(path) as store:
            spent = store.charges.spent()
            kept = len(store.demonstrations.list())
        assert kept > 100, "the processes lived long enough to do some work"
        assert spent.usd <= cap and spent.calls >= sent, "each call was stored before it was sent"
        assert sent * COST <= spent.usd, "every call that the server received is in the ledger"
        teach_and_log(path, server.url, log, 0.0)
        with Store.open(path) as store:
            assert len(store.demonstrations.list()) == 800


def _asked(request: dict[str, Any]) -> str:
    """The sample that a request is about."""
    content: str = request["messages"][-1]["content"]
    return "s" + content.split()[2]
