"""`orca-local serve` as a process: it answers, it stops, and it takes no module from the user's directory."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.command import COMMAND, error_of, orca

pytest.importorskip("uvicorn")


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def ask(port: int) -> str:
    body = json.dumps({"messages": [{"role": "user", "content": "hello"}], "max_tokens": 4}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return str(json.load(response)["choices"][0]["message"]["content"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_served_model_answers_until_it_is_stopped(
    workspace: Path, tiny_gguf: Path, port: int, number: signal.Signals
) -> None:
    (workspace / "json.py").write_text("raise SystemExit('a module of the user')")
    (workspace / "fastapi.py").write_text("raise SystemExit('a module of the user')")
    process = subprocess.Popen(
        [COMMAND[0], "-P", *COMMAND[1:], "serve", "--model", str(tiny_gguf), "--port", str(port)],
        cwd=workspace,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                assert ask(port)
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.1)
        process.send_signal(number)
        process.wait(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode in (0, 130, -number)


def test_a_port_that_is_taken_is_named(workspace: Path, tiny_gguf: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = str(taken.getsockname()[1])
        result = orca("serve", "--model", str(tiny_gguf), "--port", number, "--json", cwd=workspace)
    assert result.returncode == 2
    assert number in error_of(result)["message"] and "--port" in error_of(result)["hint"]
