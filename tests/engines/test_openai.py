"""A student behind a server: requests, faults and cancelling."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from orca_local.domain.errors import InputError, MissingError, RemoteError
from orca_local.domain.settings import EngineSettings
from orca_local.domain.types import Completion
from orca_local.engines.openai import OpenAIEngine
from tests.engines.drive import prompt, request, run
from tests.openai_server import Gauge, OpenAIServer, Reply, answer, error

SECRET = "sk-very-secret"


def settings(url: str, **values: Any) -> EngineSettings:
    return EngineSettings(kind="openai", base_url=url, model="m", tries=1, **values)


def ask(reply: Reply, **values: Any) -> Completion:
    with OpenAIServer(lambda *_: reply) as server, closing(OpenAIEngine(settings(server.url, **values))) as engine:
        return run(engine, [request("r", prompt(1))])["r"]


def test_messages_and_sampling_settings_are_sent() -> None:
    with OpenAIServer(lambda *_: answer("four")) as server, closing(OpenAIEngine(settings(server.url))) as engine:
        greedy = request("a", prompt(1), max_tokens=7, stop=("END",))
        sampled = request("b", prompt(2), temperature=0.5, seed=9)
        ended = run(engine, [greedy, sampled])
        assert ended["a"].text == "four" and ended["a"].finish_reason == "stop"
        assert (ended["a"].prompt_tokens, ended["a"].completion_tokens) == (11, 5)
        sent = {item["max_tokens"]: item for item in server.requests}
    assert sent[7]["messages"] == [greedy.messages[0].to_dict()]
    assert (sent[7]["temperature"], sent[7]["stop"], sent[7].get("seed")) == (0, ["END"], None)
    assert (sent[12]["temperature"], sent[12]["seed"]) == (0.5, 9)


def test_as_many_calls_are_in_flight_as_the_capacity_allows() -> None:
    gauge, eight = Gauge(), threading.Event()

    def script(_request: dict[str, Any], _number: int) -> Reply:
        with gauge.inside() as running:
            if running == 8:
                eight.set()
            eight.wait(20)
            return answer("x")

    with OpenAIServer(script) as server, closing(OpenAIEngine(settings(server.url, capacity=8))) as engine:
        run(engine, [request(f"r{i}", prompt(i)) for i in range(16)])
    assert gauge.max == 8


def test_a_stop_text_in_the_answer_is_removed() -> None:
    reply = answer("one END two")
    with OpenAIServer(lambda *_: reply) as server, closing(OpenAIEngine(settings(server.url))) as engine:
        assert run(engine, [request("r", prompt(1), stop=("END",))])["r"].text == "one "


@pytest.mark.slow
def test_running_and_waiting_requests_can_be_cancelled() -> None:
    slow = Reply(200, answer("late").body, {"Content-Type": "application/json"}, delay_s=1.0)
    with OpenAIServer(lambda *_: slow) as server, closing(OpenAIEngine(settings(server.url, capacity=1))) as engine:
        engine.submit(request("runs", prompt(1)))
        engine.submit(request("waits", prompt(2)))
        assert engine.step() == [], "a step waits, but not for ever"
        for name in ("runs", "waits", "nobody"):
            engine.cancel(name)
        ended = {c.request_id: c.finish_reason for c in engine.step() if isinstance(c, Completion)}
        assert ended == {"runs": "cancelled", "waits": "cancelled"}
        assert run(engine, [request("runs", prompt(3))])["runs"].text == "late", "its id is free again"


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (error(500, "oops"), "HTTP 500"),
        (Reply(200, b"<html>hello</html>", {"Content-Type": "text/html"}), "no JSON"),
        (answer(None, refusal="I would rather not"), "refused: I would rather not"),
        (Reply(200, b'{"choices": []}', {"Content-Type": "application/json"}), "without choices"),
        (Reply(200, answer("x").body, {"Content-Type": "application/json"}, delay_s=2.0), "no answer within"),
    ],
)
def test_a_failed_call_is_an_error_of_one_completion(reply: Reply, message: str) -> None:
    ended = ask(reply, timeout_s=0.5)
    assert ended.finish_reason == "error" and message in ended.error


@pytest.mark.parametrize(
    "reply",
    [
        answer(""),
        answer(" \n"),
        answer(None, reasoning_content="I should say four."),
        answer("", "length", reasoning="So what is it? I"),
        answer([{"type": "thinking", "thinking": [{"type": "text", "text": "four"}]}]),
    ],
)
def test_an_empty_answer_is_a_failed_generation_and_not_a_wrong_one(reply: Reply) -> None:
    ended = ask(reply)
    assert ended.finish_reason == "error"
    assert "empty" in ended.error


@pytest.mark.parametrize(
    "word", ["length", "max_tokens", "MAX_TOKENS", "model_length", "model_context_window_exceeded"]
)
def test_an_answer_that_was_cut_off_has_the_finish_reason_length(word: str) -> None:
    assert ask(answer("one two", word)).finish_reason == "length"


@pytest.mark.parametrize("word", ["error", "abort", "content_filter", "tool_calls", "", None, "whatever", 7, ["stop"]])
def test_an_answer_that_the_server_does_not_call_complete_is_a_failed_generation(word: Any) -> None:
    ended = ask(answer("one two", word))
    assert ended.finish_reason == "error" and "finish_reason" in ended.error


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STUDENT_API_KEY", SECRET)
    yield


@pytest.mark.parametrize(
    ("reply", "message"),
    [(error(401, f"bad key {SECRET}"), "rejects the key"), (error(404, "no such model"), "does not know the model")],
)
def test_an_error_that_every_call_would_get_is_raised(key: None, reply: Reply, message: str) -> None:
    with pytest.raises(RemoteError, match=message) as raised:
        ask(reply)
    assert SECRET not in str(raised.value)
    assert "engine." in raised.value.hint or "STUDENT_API_KEY" in raised.value.hint


def test_an_unreachable_server_is_an_error_that_names_it() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    with (
        closing(OpenAIEngine(settings(url))) as engine,
        pytest.raises(RemoteError, match=r"cannot reach http://127\.0\.0\.1"),
    ):
        run(engine, [request("r", prompt(1))])


def test_a_model_is_required_and_a_remote_server_needs_a_key() -> None:
    with pytest.raises(InputError, match=r"engine\.model"):
        OpenAIEngine(EngineSettings(kind="openai"))
    with pytest.raises(MissingError, match="STUDENT_API_KEY"):
        OpenAIEngine(settings("https://example.org/v1"), {})
