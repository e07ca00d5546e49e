"""A server on loopback that sends any bytes, well-formed or not. It stops by itself."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

MAX_LIFE_S = 120.0
MAX_REQUEST_BYTES = 1_000_000

Reply = bytes | Iterator[bytes]
"""Bytes to send, at once or piece by piece; the connection closes behind them."""
Script = Callable[[dict[str, Any], int], Reply]
"""Returns the reply to a request, given its JSON and how often its question was asked before."""


def http(body: bytes, *, status: str = "200 OK", kind: str = "application/json", **headers: str) -> bytes:
    """A complete response; a header name has `_` in place of `-`."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def question_of(request: dict[str, Any]) -> str:
    """The last user message of a request."""
    return str(next(m["content"] for m in reversed(request["messages"]) if m["role"] == "user"))


class Server:
    """Answers each request with `script`, for two minutes at most."""

    def __init__(self, script: Script) -> None:
        self.asked: dict[str, int] = {}
        """Number of requests for each question."""
        self.requests: list[dict[str, Any]] = []
        lock = threading.Lock()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 30

            def handle(self) -> None:
                request = self._read()
                if request is None:
                    return
                question = question_of(request)
                with lock:
                    outer.requests.append(request)
                    earlier = outer.asked.get(question, 0)
                    outer.asked[question] = earlier + 1
                reply = script(request, earlier)
                try:
                    for piece in [reply] if isinstance(reply, bytes) else reply:
                        self.wfile.write(piece)
                except OSError:
                    return  # the client went away

            def _read(self) -> dict[str, Any] | None:
                length = 0
                while (line := self.rfile.readline(65_536)) not in (b"\r\n", b""):
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = min(int(value), MAX_REQUEST_BYTES)
                body = self.rfile.read(length)
                return json.loads(body) if body else None

        class Threads(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True
            request_queue_size = 64

        self._server = Threads(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._timer = threading.Timer(MAX_LIFE_S, self._server.shutdown)
        self._timer.daemon = True

    @property
    def url(self) -> str:
        """Base URL for a client."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        self._server.shutdown()
        self._server.server_close()
