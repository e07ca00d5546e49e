"""The whole server as a process: many requests at once, the end, and what reaches it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from orca_local.export.adapter_file import write_adapter
from orca_local.gguf.header import read_header
from tests.command import error_of, orca
from tests.export.scene import random_adapter
from tests.serve.serving import Served, chat_body, events_of, served, text_of
from tests.workspaces import copy_workspace, run_command

QUESTIONS = [f"Tell me about the number {number}." + " Go on." * number for number in range(8)]


@pytest.fixture
def endless(tiny_gguf: Path, tmp_path: Path) -> Iterator[Served]:
    """A server of one request at once and one that waits. Its answers never end."""
    with served(str(tiny_gguf), "1", "1", directory=tmp_path, module="tests.serve.endless_server") as running:
        yield running


def test_streams_at_once_are_whole_and_equal_to_one_at_a_time(server: Served) -> None:
    alone = [server.answer(text, max_tokens=40) for text in QUESTIONS]
    assert len(set(alone)) == len(QUESTIONS)
    with ThreadPoolExecutor(len(QUESTIONS)) as pool:
        streams = list(pool.map(lambda text: server.stream(text, max_tokens=40), QUESTIONS))
        whole = list(pool.map(lambda text: server.answer(text, max_tokens=40), QUESTIONS))
    assert [text_of(events) for events in streams] == alone
    assert whole == alone
    for events in streams:
        assert events[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
        assert [event["choices"][0]["finish_reason"] for event in events[-2:]] == [None, "length"]
        assert len({event["id"] for event in events}) == 1


@pytest.mark.slow
def test_a_client_that_goes_away_makes_room(endless: Served) -> None:
    body = chat_body("first", stream=True)
    with endless.client.stream("POST", "/chat/completions", json=body) as first:
        events = events_of(first)  # kept: the client closes the connection with it
        next(events)
        # It waits, because only one runs. Its client gives up before the answer begins.
        with pytest.raises(httpx2.ReadTimeout):
            endless.client.post("/chat/completions", json=chat_body("second"), timeout=httpx2.Timeout(20, read=0.5))
    # Nothing else can end the first one, so this answer shows that both have been cancelled.
    while (response := endless.chat("quick")).status_code == 429:
        assert response.headers["Retry-After"]
    assert response.json()["choices"][0]["message"]["content"] == "word "


def test_more_requests_than_may_wait_are_told_to_come_back(endless: Served) -> None:
    streams = [
        endless.client.stream("POST", "/chat/completions", json=chat_body("endless", stream=True)) for _ in range(2)
    ]
    with streams[0], streams[1]:
        response = endless.chat("quick")
        assert (response.status_code, response.json()["error"]["code"]) == (429, "queue_full")
        assert int(response.headers["Retry-After"]) > 0
        assert endless.client.get("/models").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_answers_and_the_server(endless: Served, number: signal.Signals) -> None:
    body = chat_body("endless", stream=True)
    with endless.client.stream("POST", "/chat/completions", json=body) as stream, closing(asked(endless)) as waiting:
        events = events_of(stream)
        next(events)
        assert endless.end(number) == 0
        *_, last = events  # the response ends as HTTP says, else this raises an error
        assert '"error"' in last and '"stopping"' in last
        assert waiting.makefile("rb").read().startswith(b"HTTP/1.1 503 ")


def asked(server: Served) -> socket.socket:
    """A connection whose request the server has accepted, and whose answer is to come."""
    port = int(server.root.rpartition(":")[2])
    body = json.dumps(chat_body("whole")).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall(f"{head}Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode())
    assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
    connection.sendall(body)
    return connection


def test_a_bug_in_the_engine_is_an_error_and_the_server_goes_on(endless: Served) -> None:
    response = endless.chat("broken")
    assert response.status_code == 500 and "a bug in the engine" in response.json()["error"]["message"]
    assert endless.answer("quick") == "word "
    assert "RuntimeError: a bug in the engine" in endless.stderr.read_text()


@pytest.mark.slow
def test_the_environment_opens_nothing(serve_workspace: Path, tiny_gguf: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"host": "0.0.0.0", "models": []}')
    environment = {
        "HOST": "0.0.0.0",
        "PORT": "1",
        "CONFIG_FILE": str(config),
        "UVICORN_HOST": "0.0.0.0",
        "UVICORN_PORT": "1",
        "WEB_CONCURRENCY": "3",
        "FORWARDED_ALLOW_IPS": "*",
        "ORCA_LOCAL_TOKEN": "chosen-by-me",
    }
    with served(str(tiny_gguf), directory=serve_workspace, environment=environment) as running:
        port = int(running.root.rpartition(":")[2])
        assert running.token == "chosen-by-me" and running.answer(max_tokens=2)
        assert running.client.get(running.root + "/health").json() == {"status": "ok"}
        # Another address of this machine that is not the one it listens on.
        with socket.socket() as other, pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.2", port))
        assert running.end() == 0
        assert "the server has stopped" in running.stderr.read_text()


@pytest.mark.slow
def test_the_answer_is_that_of_chat(server: Served, serve_workspace: Path, tiny_q8_gguf: Path) -> None:
    options = ["--model", str(tiny_q8_gguf), "--prompt", "hello", "--max-tokens", "12"]
    for system in (None, "You count words."):
        chat = run_command(serve_workspace, "chat", *options, *([] if system is None else ["--system", system]))
        before = [] if system is None else [{"role": "system", "content": system}]
        messages = [*before, {"role": "user", "content": "hello"}]
        response = server.client.post("/chat/completions", json={"messages": messages, "max_tokens": 12})
        assert response.json()["choices"][0]["message"]["content"] == chat["answers"][tiny_q8_gguf.name]


@pytest.mark.slow
def test_a_served_model_can_be_probed(server: Served, serve_workspace: Path, tmp_path: Path) -> None:
    workspace = copy_workspace(serve_workspace, tmp_path / "workspace")
    engine = {"KIND": "openai", "BASE_URL": server.url, "MODEL": server.model, "KEY_ENV": "MY_TOKEN"}
    environment = {f"ORCA_LOCAL_ENGINE__{key}": value for key, value in engine.items()}
    arguments = ("probe", "--samples", "1", "--method", "exhaustive", "--json")
    refused = orca(*arguments, cwd=workspace, MY_TOKEN="wrong", **environment)
    assert refused.returncode == 4 and "MY_TOKEN" in error_of(refused)["hint"]
    probed = orca(*arguments, cwd=workspace, MY_TOKEN=str(server.token), **environment)
    assert probed.returncode == 0, probed.stderr
    assert json.loads(probed.stdout)["generations"]["new"] > 0


@pytest.mark.slow
def test_an_adapter_changes_answer_and_name(
    server: Served, serve_workspace: Path, tiny_gguf: Path, tiny_q8_gguf: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.gguf"
    write_adapter(path, read_header(tiny_gguf), random_adapter(tiny_gguf, 0.3), {})
    with served(str(tiny_q8_gguf), "--adapter", str(path), directory=serve_workspace) as running:
        assert running.model == f"{tiny_q8_gguf.name}+mine"
        adapted = running.answer(max_tokens=20)
    assert adapted != server.answer(max_tokens=20)


def test_a_port_that_is_taken_is_named(serve_workspace: Path, tiny_gguf: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = str(taken.getsockname()[1])
        result = orca("serve", str(tiny_gguf), "--port", number, "--json", cwd=serve_workspace)
    assert result.returncode == 2
    assert number in error_of(result)["message"] and "--port" in error_of(result)["hint"]


def test_a_package_that_is_missing_is_named_with_its_remedy(serve_workspace: Path) -> None:
    code = "import sys; sys.modules['uvicorn'] = None; from orca_local.cli.app import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "serve", "base", "--json"]
    result = subprocess.run(command, cwd=serve_workspace, capture_output=True, text=True, timeout=60)
    assert result.returncode == 3
    assert "uvicorn" in error_of(result)["message"] and "orca-local[serve]" in error_of(result)["hint"]


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["--host", "203.0.113.9"], "--port"),
        (["--host", "no such host"], "--host"),
        (["--token", ""], "--no-token"),
        (["--token", "two words"], "--no-token"),
    ],
)
def test_a_bad_option_is_named(serve_workspace: Path, tiny_gguf: Path, arguments: list[str], word: str) -> None:
    result = orca("serve", str(tiny_gguf), *arguments, "--json", cwd=serve_workspace)
    assert result.returncode == 2 and word in error_of(result)["hint"]


def test_options_that_exclude_each_other(serve_workspace: Path) -> None:
    for arguments in (["base", "--model", "tuned"], ["base", "--token", "x", "--no-token"]):
        result = orca("serve", *arguments, cwd=serve_workspace)
        assert (result.returncode == 2 and "give one" in result.stderr) or "exclude" in result.stderr
