"""A scripted OpenAI-compatible server on loopback. It records requests, fails on demand, and stops by itself."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.local_server import LocalServer, QuietHandler


@dataclass(frozen=True)
class Reply:
    """How the server answers one request."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    hang_up: bool = False
    """Whether to close the connection in the middle of the body."""


def answer(text: Any, finish_reason: Any = "stop", usage: Any = None, **message: Any) -> Reply:
    """A chat completion. It is well-formed if its parts are."""
    body = {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [
            {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": text, **message}}
        ],
        "usage": usage or {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16},
    }
    return sent(body)


def sent(body: Any, status: int = 200, **headers: str) -> Reply:
    """Any value as JSON; bytes and texts as they are."""
    data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return Reply(status, data, {"Content-Type": "application/json", **headers})


def error(status: int, message: str, **headers: str) -> Reply:
    """An error in OpenAI's format."""
    body = {"error": {"message": message, "type": "x", "code": None}}
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


Script = Callable[[dict[str, Any], int], Reply]
"""Returns the reply to a request, given its JSON and its number, from 1."""


class Gauge:
    """Counts how many threads are inside at once."""

    def __init__(self) -> None:
        self.now = self.max = 0
        self._lock = threading.Lock()

    @contextmanager
    def inside(self) -> Iterator[int]:
        with self._lock:
            self.now += 1
            self.max = max(self.max, self.now)
            running = self.now
        try:
            yield running
        finally:
            with self._lock:
                self.now -= 1


class OpenAIServer(LocalServer):
    """Answers each request with `script` until the block ends, or for two minutes."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._lock = threading.Lock()
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        """Headers of each request; names are in lower case."""
        self.connections: set[int] = set()
        """Ports of the clients' ends of all connections so far."""
        outer = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:
                outer._handle(self)

        super().__init__(Handler)

    @property
    def keys(self) -> list[str]:
        """Authorization header of each request."""
        return [headers.get("authorization", "") for headers in self.headers]

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        request = json.loads(handler.rfile.read(int(handler.headers.get("Content-Length", 0))))
        with self._lock:
            self.requests.append(request)
            self.connections.add(handler.client_address[1])
            self.paths.append(handler.path)
            self.headers.append({name.lower(): value for name, value in handler.headers.items()})
            number = len(self.requests)
        reply = self._script(request, number)
        time.sleep(reply.delay_s)
        try:
            handler.send_response(reply.status)
            for name, value in reply.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(reply.body) + (10 if reply.hang_up else 0)))
            handler.end_headers()
            handler.wfile.write(reply.body)
            handler.close_connection = handler.close_connection or reply.hang_up
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True
