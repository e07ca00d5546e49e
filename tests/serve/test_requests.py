"""What a running server makes of good and bad requests. None of them ends it."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import Any

import openai
import pytest

from tests.serve.serving import Served, chat_body, text_of


def error(response: Any) -> dict[str, Any]:
    """The error in OpenAI's form."""
    value = response.json()
    assert set(value) == {"error"} and set(value["error"]) == {"message", "type", "param", "code"}
    return dict(value["error"])


@pytest.mark.slow
def test_openais_client_gets_an_answer_and_a_stream(server: Served) -> None:
    with openai.OpenAI(base_url=server.url, api_key=server.token) as client:
        assert [model.id for model in client.models.list()] == [server.model]
        assert client.models.retrieve(server.model).id == server.model
        messages: Any = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "hello"}]
        common: Any = {"model": server.model, "messages": messages, "max_completion_tokens": 6}
        whole = client.chat.completions.create(**common)
        assert whole.usage and whole.usage.completion_tokens == 6
        assert whole.choices[0].finish_reason == "length"
        chunks = list(client.chat.completions.create(**common, stream=True, stream_options={"include_usage": True}))
        assert (
            "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == whole.choices[0].message.content
        )
        assert chunks[-1].usage == whole.usage and not chunks[-1].choices
        text = client.completions.create(model=server.model, prompt="Once upon", max_tokens=3)
        assert text.choices[0].text and text.usage and text.usage.prompt_tokens == 2
        parts = client.completions.create(model=server.model, prompt="Once upon", max_tokens=3, stream=True)
        assert "".join(part.choices[0].text for part in parts) == text.choices[0].text
        with pytest.raises(openai.NotFoundError, match="no model 'gpt'"):
            client.chat.completions.create(**{**common, "model": "gpt"})
    with openai.OpenAI(base_url=server.url, api_key="wrong") as client, pytest.raises(openai.AuthenticationError):
        client.models.list()


def test_sampling_follows_the_seed_and_greedy_needs_none(server: Served) -> None:
    greedy = server.answer(max_tokens=12)
    assert greedy == server.answer(max_tokens=12, temperature=0, seed=5) == server.answer(max_tokens=12, top_k=1)
    assert greedy == server.answer(max_tokens=12, temperature=1e-300)
    seeded = {seed: server.answer(max_tokens=12, temperature=1.5, seed=seed) for seed in (1, 2, -1)}
    assert len({greedy, *seeded.values()}) == 4
    assert server.answer(max_tokens=12, temperature=1.5, seed=2) == seeded[2]
    narrow: Any = {"temperature": 2, "seed": 3, "max_tokens": 12}
    assert server.answer(top_p=0, **narrow) == server.answer(min_p=1, **narrow) == server.answer(top_k=1, **narrow)
    assert server.answer(max_tokens=12, temperature=2) != server.answer(max_tokens=12, temperature=2)


def test_a_stop_text_ends_the_answer(server: Served) -> None:
    full = server.answer(max_tokens=20)
    stop = full[10:14]
    response = server.chat(max_tokens=20, stop=["never said", stop]).json()
    assert response["choices"][0]["message"]["content"] == full[: full.index(stop)]
    assert response["choices"][0]["finish_reason"] == "stop"
    assert text_of(server.stream(max_tokens=20, stop=stop)) == full[: full.index(stop)]


def test_parts_of_text_are_one_text(server: Served) -> None:
    parts = [{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}]
    response = server.client.post("/chat/completions", json={"messages": [{"role": "user", "content": parts}]})
    assert response.json()["choices"][0]["message"]["content"] == server.answer()


@pytest.mark.parametrize(
    "parameters, param",
    [
        ({"unknown": 1}, "unknown"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}}, "response_format"),
        ({"grammar": 'root ::= "a"'}, "grammar"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"logit_bias": {"1": 100}}, "logit_bias"),
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"frequency_penalty": 0.5}, "frequency_penalty"),
        ({"temperature": 2.5}, "temperature"),
        ({"temperature": "warm"}, "temperature"),
        ({"top_p": -0.1}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 2**70}, "max_tokens"),
        ({"seed": 2**64}, "seed"),
        ({"stop": ["x"] * 17}, "stop"),
        ({"stop": "x" * 257}, "stop"),
        ({"stop": [1]}, "stop"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"more": 1}}, "stream_options.more"),
        ({"messages": []}, "messages"),
        ({"messages": ["hello"]}, "messages[0]"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0]"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "x", "weight": 1}]}, "messages[0].weight"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "messages[0].content[0]",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(server: Served, parameters: dict[str, Any], param: str) -> None:
    response = server.client.post("/chat/completions", json={**chat_body("hello"), **parameters})
    assert response.status_code == 400
    assert error(response)["param"] == param and param.rpartition(".")[2] in error(response)["message"]


def test_what_changes_nothing_is_accepted(server: Served) -> None:
    same: Any = {"n": 1, "tools": [], "logit_bias": {}, "presence_penalty": 0.0, "response_format": {"type": "text"}}
    answer = server.answer(max_tokens=6, user="me", seed=None, stop=[], metadata={"a": "b"}, tool_choice="none", **same)
    assert answer == server.answer(max_tokens=6)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b'{"messages": NaN}',
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"max_tokens":' + b"9" * 6000 + b"}",
        b'{"messages":[{"role":"user","content":"\\ud800"}]}',
    ],
    ids=lambda body: body[:12].decode("latin-1"),
)
def test_a_body_that_is_no_json_is_refused(server: Served, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert error(server.client.post("/chat/completions", content=body, headers=headers))["type"]
    assert server.answer(max_tokens=1)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_refused_before_it_is_read(server: Served, chunked: bool) -> None:
    piece = b" " * 100_000
    content: Any = (piece for _ in range(30)) if chunked else piece * 30
    response = server.client.post("/chat/completions", content=content, headers={"Content-Type": "application/json"})
    assert (response.status_code, error(response)["code"]) == (413, "too_large")


def test_other_types_of_body_are_refused(server: Served) -> None:
    """A web page can send these to any server without asking it first."""
    data = json.dumps(chat_body("hello"))
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        response = server.client.post("/chat/completions", content=data, headers={"Content-Type": kind})
        assert (response.status_code, kind in error(response)["message"]) == (415, True)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert server.client.post("/chat/completions", content=data, headers=headers).status_code == 415


def test_a_prompt_that_does_not_fit_is_refused_with_the_numbers(server: Served) -> None:
    response = server.chat("word " * 3000)
    assert response.status_code == 400 and error(response)["code"] == "context_length_exceeded"
    assert "context of 512" in error(response)["message"]
    for text in ("1" * 900_000, "!" * 20_000, " " * 900_000, "漢" * 300_000):
        assert error(server.chat(text))["code"] == "context_length_exceeded"
    assert server.answer(max_tokens=1)


def test_only_its_own_name_reaches_the_server(server: Served) -> None:
    port = server.root.rpartition(":")[2]
    for host in (f"localhost:{port}", f"LOCALHOST:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
        assert server.client.get("/models", headers={"Host": host}).status_code == 200
    for host in (
        "evil.example",
        f"evil.example:{port}",
        "localhost",
        "127.0.0.1:1",
        f"127.0.0.1.evil:{port}",
        f"x@{port}",
    ):
        for path in ("/models", server.root + "/health"):
            response = server.client.get(path, headers={"Host": host})
            assert (response.status_code, error(response)["code"]) == (403, "wrong_host")


def test_a_token_is_required(server: Served) -> None:
    for value in ("", "Bearer", "Bearer wrong", f"Basic {server.token}", f"Bearer {server.token}x", "Bearer \xe9"):
        headers = {b"Authorization": value.encode("latin-1")}
        response = server.client.post("/chat/completions", json={}, headers=headers)
        assert (response.status_code, error(response)["code"]) == (401, "invalid_api_key")
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert str(server.token) not in response.text
    health = server.client.get(server.root + "/health", headers={"Authorization": ""})
    assert health.json() == {"status": "ok"}


def test_other_origins_are_allowed_nothing(server: Served) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET", "POST"):
        response = server.client.request(method, "/models", headers=headers)
        assert not [name for name in response.headers if name.lower().startswith("access-control")]


def test_unknown_paths_and_methods_have_the_same_form_of_error(server: Served) -> None:
    assert error(server.client.get("/nothing"))["message"] == "GET /v1/nothing is not part of this server"
    assert server.client.get("/models/nothing").status_code == 404
    response = server.client.get("/chat/completions")
    assert response.status_code == 405 and error(response) and response.headers["Allow"] == "POST"


def test_bytes_that_are_no_request_change_nothing(server: Served) -> None:
    port = int(server.root.rpartition(":")[2])
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {server.token}\r\n"
    lengths = ("Content-Length: 5\r\nContent-Length: 6", "Content-Length: -1", "Content-Length: " + "9" * 40)
    starts = [b"\x16\x03\x01\x02", b"GET / HTTP/9.9\r\n\r\n", b"x" * 100_000, head.encode() + b"A: " + b"y" * 200_000]
    starts += [f"{head}Content-Type: application/json\r\n{length}\r\n\r\n{{}}".encode() for length in lengths]
    for start in starts:
        # The server may close the connection before it has read everything.
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection, suppress(OSError):
            connection.sendall(start)
            connection.shutdown(socket.SHUT_WR)
    assert server.answer(max_tokens=1)
