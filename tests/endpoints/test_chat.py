"""Calls of a chat endpoint: what is sent, and how each failure is classified."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from orca_local.domain.errors import InputError, RemoteError
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.types import Message
from orca_local.endpoints.chat import ChatEndpoint, ChatRequest, normalize_endpoint
from tests.openai_server import OpenAIServer, Reply, answer, error

KEY = "sk-very-secret-0123456789"
REQUEST = ChatRequest((Message("user", "What is 1 + 1?"),), 20, 0.0)


@contextmanager
def endpoint(url: str, **changes: Any) -> Iterator[ChatEndpoint]:
    settings = TeacherSettings(base_url=url, model="m", **changes)
    chat = ChatEndpoint(settings, section="teacher", environment={"OPENAI_API_KEY": KEY})
    chat.open()
    with closing(chat):
        yield chat


def test_an_address_with_a_password_is_rejected_and_not_repeated() -> None:
    with pytest.raises(InputError) as raised:
        normalize_endpoint("https://me:hunter2@host/v1")
    assert "hunter2" not in str(raised.value) + raised.value.hint
    assert normalize_endpoint("https://host/v1/") == "https://host/v1"
    for bad in ("host/v1", "ftp://host", ""):
        with pytest.raises(InputError, match="is not a URL"):
            normalize_endpoint(bad)


def test_the_path_of_the_address_and_the_key_are_sent_and_nothing_about_this_machine() -> None:
    with OpenAIServer(lambda *_: answer("2")) as server, endpoint(f"{server.url}/proxy/openai/") as chat:
        assert chat.complete_once(REQUEST).text == "2"
        assert server.paths == ["/v1/proxy/openai/chat/completions"]
        assert server.keys == [f"Bearer {KEY}"]
        names = {name.removeprefix("x-stainless-") for name in server.headers[0]}
    assert not names & {"os", "arch", "lang", "package-version", "runtime", "runtime-version"}


@pytest.mark.parametrize(
    ("reply", "message", "billed"),
    [
        (replace(answer("2"), hang_up=True), "the connection broke", True),
        (replace(answer("2"), headers={"Content-Encoding": "gzip"}), "the connection broke", True),
        (replace(answer("2"), delay_s=1.0), "no answer within 0.3 s", True),
        (replace(error(500, "x"), hang_up=True), "the connection broke", True),
        (error(500, f"key {KEY}"), "HTTP 500: key [key]", False),
        (error(429, "too fast"), "HTTP 429: too fast", False),
        (Reply(302, b"moved", {}), "HTTP 302: moved", False),
    ],
)
def test_a_failure_says_whether_it_may_have_been_billed(reply: Reply, message: str, billed: bool) -> None:
    with OpenAIServer(lambda *_: reply) as server, endpoint(server.url, timeout_s=0.3) as chat:
        result = chat.complete_once(REQUEST)
        assert len(server.requests) == 1, "the client itself never retries"
    assert result.error.startswith(message) and result.billed == billed
    assert result.retryable == (reply.status != 302)


def test_a_server_that_was_not_reached_bills_nothing() -> None:
    with endpoint("http://127.0.0.1:9/v1") as chat:
        result = chat.complete_once(REQUEST)
    assert result.fatal is not None and result.fatal.message.startswith("cannot reach http://127.0.0.1:9/v1: ")
    assert not result.billed


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_names_its_target(status: int) -> None:
    with OpenAIServer(lambda *_: answer("2")) as other:
        reply = Reply(status, b"moved", {"Location": f"{other.url}/chat/completions?key={KEY}"})
        with OpenAIServer(lambda *_: reply) as server, endpoint(server.url) as chat:
            result = chat.complete_once(REQUEST)
        assert not other.requests
    assert result.fatal is not None and f"{other.url}/chat/completions?key=[key]" in result.fatal.message
    assert "teacher.base_url" in result.fatal.hint and not result.billed


@pytest.mark.parametrize("pause", ["86400", "301", "Fri, 31 Dec 9999 23:59:59 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_for_a_long_pause_is_given_up(status: int, pause: str) -> None:
    with (
        OpenAIServer(lambda *_: error(status, "later", **{"Retry-After": pause})) as server,
        endpoint(server.url) as chat,
    ):
        with pytest.raises(RemoteError, match=r"asks to wait for [0-9,]+ s: HTTP \d+: later"):
            chat.complete(REQUEST)
        assert len(server.requests) == 1


def test_calls_in_flight_together_all_switch_to_the_other_name_of_the_token_limit() -> None:
    both = threading.Barrier(2, timeout=20)

    def script(request: dict[str, Any], number: int) -> Reply:
        if "max_tokens" not in request:
            return answer("2")
        both.wait()
        return error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")

    with OpenAIServer(script) as server, endpoint(server.url) as chat, ThreadPoolExecutor(2) as pool:
        answers = [*pool.map(chat.complete, [REQUEST, REQUEST])]
        assert len(server.requests) == 4
    assert [(item.text, item.error) for item in answers] == [("2", "")] * 2


def test_calls_in_flight_together_have_a_connection_each_and_later_calls_use_them_again() -> None:
    both = threading.Barrier(2, timeout=20)

    def script(request: dict[str, Any], number: int) -> Reply:
        if number <= 4:
            both.wait()
        return answer("2")

    with OpenAIServer(script) as server, endpoint(server.url) as chat, ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            assert [item.text for item in pool.map(chat.complete_once, [REQUEST, REQUEST])] == ["2", "2"]
        assert chat.complete_once(REQUEST).text == "2"
        assert len(server.requests) == 5 and len(server.connections) == 2


def test_a_closed_endpoint_sends_nothing() -> None:
    with OpenAIServer(lambda *_: answer("2")) as server, endpoint(server.url) as chat:
        chat.close()
        with pytest.raises(RuntimeError, match="closed"):
            chat.complete_once(REQUEST)
        assert not server.requests


@pytest.mark.parametrize("body", [b"[" * 300_000, b'{"choices": ' + b"[" * 90_000, b"\xff\xfe", b"", b'"text"'])
def test_a_body_that_is_no_json_object_is_an_answer_that_cannot_be_used(body: bytes) -> None:
    with OpenAIServer(lambda *_: Reply(body=body)) as server, endpoint(server.url) as chat:
        result = chat.complete_once(REQUEST)
    assert result.error == "the endpoint sent no JSON answer" and result.retryable


@pytest.mark.parametrize("charset", ["utf-16", "hex", "rot13", "idna", "undefined", "zlib", "nonsense", ""])
@pytest.mark.parametrize("status", [200, 400, 503])
def test_the_encoding_that_a_header_names_does_not_matter(charset: str, status: int) -> None:
    good = answer("2") if status == 200 else error(status, "no")
    reply = replace(good, headers={"Content-Type": f"application/json; charset={charset}"})
    with OpenAIServer(lambda *_: reply) as server, endpoint(server.url) as chat:
        result = chat.complete_once(REQUEST)
    assert (result.text, result.error) == (("2", "") if status == 200 else ("", f"HTTP {status}: no"))
