"""Endpoints that reject calls, are down or answer nothing; and keys, which must never be shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError, MissingError, RemoteError
from orca_local.domain.settings import TeacherSettings
from orca_local.store.store import Store
from tests.openai_server import OpenAIServer, Reply, answer, error
from tests.teach.scene import KEY, failures, fill, run, sample, settings, solve


@pytest.mark.parametrize(
    ("reply", "message", "hint"),
    [
        (error(401, f"Incorrect API key provided: {KEY}"), "rejects the key", "OPENAI_API_KEY"),
        (error(403, "forbidden"), "rejects the key", "OPENAI_API_KEY"),
        (error(404, "no such model"), "does not know the model 'scripted'", "teacher.model"),
    ],
)
def test_an_error_that_every_call_would_get_stops_the_run(store: Store, reply: Reply, message: str, hint: str) -> None:
    samples = fill(store, [sample(i) for i in range(9)])
    with OpenAIServer(lambda *_: reply) as server, pytest.raises(RemoteError, match=message) as raised:
        run(store, samples, settings(server.url))
    assert len(server.requests) <= 6
    assert hint in raised.value.hint
    assert KEY not in str(raised.value)


def test_an_unreachable_endpoint_is_an_error_that_names_it(store: Store) -> None:
    samples = fill(store, [sample(1)])
    with pytest.raises(RemoteError, match=r"cannot reach http://127\.0\.0\.1:9/v1"):
        run(store, samples, settings("http://127.0.0.1:9/v1", tries=1))


def test_answers_before_a_fatal_error_are_stored(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(6)])

    def script(request: dict[str, Any], number: int) -> Reply:
        return solve(request, number) if number <= 3 else error(401, "expired")

    with OpenAIServer(script) as server, pytest.raises(RemoteError):
        run(store, samples, settings(server.url, concurrency=1))
    assert len(store.demonstrations.list()) == 3


def test_without_a_key_nothing_is_sent_to_a_remote_endpoint(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(MissingError, match="OPENAI_API_KEY") as raised:
        run(store, fill(store, [sample(1)]), settings("https://teacher.invalid/v1"))
    assert "export OPENAI_API_KEY" in raised.value.hint


@pytest.mark.parametrize("key", [KEY + "\n", f" {KEY}\r\n"])
def test_white_space_around_a_key_is_ignored(store: Store, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with OpenAIServer(solve) as server:
        run(store, fill(store, [sample(1)]), settings(server.url))
        assert server.keys == [f"Bearer {KEY}"]


@pytest.mark.parametrize("key", [KEY + "ü", f"{KEY}\n{KEY}", f"“{KEY}”"])
def test_an_invalid_key_is_rejected_and_not_shown(store: Store, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with OpenAIServer(solve) as server, pytest.raises(InputError, match="cannot be part of a key") as raised:
        run(store, fill(store, [sample(1)]), settings(server.url))
    assert not server.requests
    assert KEY not in raised.value.message + raised.value.hint


def test_an_invalid_proxy_is_an_error_that_names_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://nowhere")
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(InputError, match="gopher") as raised:
        run(store, fill(store, [sample(1)]), settings("http://127.0.0.1:9/v1"))
    assert "ALL_PROXY" in raised.value.hint


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(body=b"<html>Log in</html>", headers={"Content-Type": "text/html"}), "no JSON answer"),
        (Reply(body=b'{"choices": []}', headers={"Content-Type": "application/json"}), "without choices"),
        (error(500, "down"), "HTTP 500.*down"),
    ],
)
def test_an_endpoint_that_answers_nothing_is_a_remote_error(store: Store, reply: Reply, message: str) -> None:
    samples = fill(store, [sample(i) for i in range(3)])
    with OpenAIServer(lambda *_: reply) as server:
        chosen = settings(server.url, tries=1)
        with pytest.raises(RemoteError, match=f"answered none of 3 samples.*{message}") as raised:
            run(store, samples, chosen)
        assert "teacher.base_url" in raised.value.hint


def test_a_run_without_any_rationale_is_an_input_error(store: Store) -> None:
    with pytest.raises(InputError, match="no rationale") as raised:
        run(store, fill(store, [sample(1)]), TeacherSettings(kind="file"))
    assert "teacher.file" in raised.value.hint


def test_the_key_is_never_stored(tmp_path: Path) -> None:
    with Store.open(tmp_path / "orca.db", create=True) as store:
        samples = fill(store, [sample(i) for i in range(3)])
        replies = [error(400, f"your key {KEY} is odd"), answer(f"{KEY}\nAnswer: 2"), answer("", refusal=f"not {KEY}")]
        with OpenAIServer(lambda _, number: replies[number - 1]) as server:
            events = run(store, samples, settings(server.url, concurrency=1))
        assert all("[key]" in failure for failure in failures(events))
        assert [d.text for d in store.demonstrations.list()] == ["[key]\nAnswer: 2"]
    for path in tmp_path.iterdir():
        assert KEY.encode() not in path.read_bytes()
