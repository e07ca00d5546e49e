"""A hub-shaped server on loopback: metadata with the redirect, the file behind it, and faults on demand."""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

LONGEST_LIFE_S = 120.0
PIECE = 1 << 18


@dataclass
class Faults:
    """What goes wrong, and how often."""

    break_after: list[int] = field(default_factory=list)
    """One download each: bytes after which the connection is closed."""
    ranges: bool = True
    status: int = 200
    error_code: str = ""
    """The hub's own word for a failure, such as `GatedRepo`."""
    etag: str = ""
    """What is announced instead of the file's hash."""
    announce: int | None = None
    """Bytes that are announced instead of the file's size."""
    cdn_status: int = 200
    """The status of the download itself."""
    headers: dict[str, str] = field(default_factory=dict)
    """Added to a download that fails."""
    error_body: bytes = b""
    """The packed body of a download that fails."""
    pause_s: float = 0.0
    """Between one piece of 256 kB and the next."""


class HubServer:
    """Serves one file of one repository until the block ends, or for two minutes."""

    def __init__(self, repo: str, file: str, content: bytes, faults: Faults | None = None) -> None:
        self.repo, self.file, self.content = repo, file, content
        self.faults = faults or Faults()
        self.downloads: list[tuple[str, int]] = []
        """Range header and bytes sent of every download."""
        self.agents: list[str] = []
        self.sent_tokens: list[str] = []

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def __enter__(self) -> Self:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                return

            def do_HEAD(self) -> None:
                hub.agents.append(self.headers.get("User-Agent", ""))
                hub._describe(self)

            def do_GET(self) -> None:
                if self.path.startswith("/cdn/"):
                    hub._send_file(self)
                else:
                    hub._describe(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self._timer = threading.Timer(LONGEST_LIFE_S, self._server.shutdown)
        self._timer.daemon = True
        self._timer.start()
        return self

    def _describe(self, handler: BaseHTTPRequestHandler) -> None:
        """The metadata of the file, on a redirect to it."""
        self.sent_tokens.append(handler.headers.get("Authorization", ""))
        found = handler.path == f"/{self.repo}/resolve/main/{self.file}"
        status = self.faults.status if self.faults.status != 200 else 302 if found else 404
        handler.send_response(status)
        if status == 302:
            # Another host, as the real hub does it: its metadata are those of the redirect.
            handler.send_header("Location", f"{self.url.replace('127.0.0.1', 'localhost')}/cdn/{self.file}")
            handler.send_header("X-Linked-Etag", f'"{self.faults.etag or self.sha256}"')
            size = len(self.content) if self.faults.announce is None else self.faults.announce
            handler.send_header("X-Linked-Size", str(size))
            handler.send_header("X-Repo-Commit", "0" * 40)
        else:
            handler.send_header("X-Error-Code", self.faults.error_code or "EntryNotFound")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def _send_file(self, handler: BaseHTTPRequestHandler) -> None:
        if self.faults.cdn_status != 200:
            handler.send_response(self.faults.cdn_status)
            for name, value in self.faults.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Encoding", "gzip")
            handler.send_header("Content-Length", str(len(self.faults.error_body)))
            handler.end_headers()
            with suppress(OSError):  # the client hangs up
                handler.wfile.write(self.faults.error_body)
            handler.close_connection = True
            return
        asked = handler.headers.get("Range", "") if self.faults.ranges else ""
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
        body = self.content[start:]
        handler.send_response(206 if asked else 200)
        handler.send_header("Content-Length", str(len(body)))
        if asked:
            handler.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        handler.end_headers()
        cut = self.faults.break_after.pop(0) if self.faults.break_after else len(body)
        self.downloads.append((handler.headers.get("Range", ""), min(cut, len(body))))
        try:
            for piece in range(0, cut, PIECE):
                handler.wfile.write(body[piece : min(piece + PIECE, cut)])
                time.sleep(self.faults.pause_s)
        except OSError:  # the client was killed
            handler.close_connection = True
        if cut < len(body):
            handler.close_connection = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
