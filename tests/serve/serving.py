"""`orca-local serve` as a process on loopback, and a client for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

LONGEST_LIFE_S = 900
_CODE = """
import os, runpy, signal, sys, threading
timer = threading.Timer(float(sys.argv[1]), os._exit, [9])
timer.daemon = True
timer.start()
signal.signal(signal.SIGINT, signal.default_int_handler)
module = sys.argv[2]
del sys.argv[1:3]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


class Served:
    """A server that runs, and the address, model and token that it printed."""

    def __init__(self, process: subprocess.Popen[str], printed: Mapping[str, Any], stderr: Path) -> None:
        self.process, self.stderr = process, stderr
        self.url, self.model, self.token = str(printed["url"]), str(printed["model"]), printed["token"]
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self.client = httpx2.Client(base_url=self.url, headers=headers, timeout=20, trust_env=False)

    @property
    def root(self) -> str:
        """The address without `/v1`."""
        return self.url.removesuffix("/v1")

    def chat(self, text: str = "hello", **parameters: Any) -> httpx2.Response:
        """The response to one question."""
        return self.client.post("/chat/completions", json=chat_body(text, **parameters))

    def answer(self, text: str = "hello", **parameters: Any) -> str:
        """The text of the answer to one question."""
        response = self.chat(text, **parameters)
        assert response.status_code == 200, response.text
        return str(response.json()["choices"][0]["message"]["content"])

    def stream(self, text: str = "hello", **parameters: Any) -> list[dict[str, Any]]:
        """The events of a whole stream, without `[DONE]`, which must be the last."""
        body = chat_body(text, stream=True, **parameters)
        with self.client.stream("POST", "/chat/completions", json=body) as response:
            events = list(events_of(response))
        assert events.pop() == "[DONE]"
        return [json.loads(event) for event in events]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


def chat_body(text: str, **parameters: Any) -> dict[str, Any]:
    """The body of a chat request."""
    return {"messages": [{"role": "user", "content": text}], **parameters}


def events_of(response: httpx2.Response) -> Iterator[str]:
    """The data of the events of a stream, as they come."""
    for line in response.iter_lines():
        if line:
            assert line.startswith("data: ")
            yield line.removeprefix("data: ")


def text_of(events: Sequence[Mapping[str, Any]]) -> str:
    """The text of a stream of a chat answer."""
    return "".join(choice["delta"].get("content", "") for event in events for choice in event["choices"])


@contextmanager
def served(
    *arguments: str, directory: Path, module: str = "orca_local", environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """Start a server in `directory` on a free port; it ends with the block, or by itself after some minutes.

    `arguments` are those of `orca-local serve`, or of another `module` that prints the same.
    """
    command = [sys.executable, "-P", "-c", _CODE, str(LONGEST_LIFE_S), module]
    if module == "orca_local":
        command += ["serve", "--port", "0", "--json"]
    stderr = directory / "stderr.txt"
    with stderr.open("w") as errors:
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=directory,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    with process:
        assert process.stdout
        try:
            line = process.stdout.readline()
            assert line, stderr.read_text()
            server = Served(process, json.loads(line), stderr)
            with server.client:
                yield server
        finally:
            process.kill()
