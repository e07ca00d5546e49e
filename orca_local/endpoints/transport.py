"""The HTTP client of endpoints: it limits how long a call takes and how much a response may hold.

The client's own timeouts start anew with every piece that arrives, and it reads error bodies whole. A server that sends
one byte a minute, or a small body that unpacks to gigabytes, is stopped here.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any, cast

import httpx2

MAX_BODY_BYTES = 16_000_000
"""Largest response that is read, after decompression. A completion has a few kilobytes."""
ENCODING = "utf-8"
"""How the text of an error is read. The encoding that a header names may not exist, or may not fit the text."""
MAX_ERROR_BYTES = 64_000
"""How much is read of the body of an error."""
_WATCH_S = 0.5
"""Longest time between two looks at the calls in flight."""


class BodyTooLarge(Exception):
    """A response holds more than may be read, or is packed so that its size cannot be limited."""


class CallTooLong(Exception):
    """A call took longer than its limit in all."""


class BoundedClient(httpx2.Client):
    """A client for one call at a time. It follows no redirects, which could lead prompts to another server.

    `send` raises `BodyTooLarge` and `CallTooLong` beside the exceptions of its base. A response that is streamed is
    limited in time alone; its reader limits the size.
    """

    def __init__(self, total_s: float, *, verify: ssl.SSLContext) -> None:
        """`total_s` limits a call from its start to the last byte of its response, in seconds."""
        super().__init__(verify=verify, timeout=total_s)
        self._total_s = total_s
        self._lock = threading.Lock()
        self._deadline: float | None = None
        self._is_overdue = False
        self._socket: socket.socket | None = None

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """The response to `request`: with `stream` one to be read and closed, else one with its body.

        The body of an error is cut off after `MAX_ERROR_BYTES`.
        """
        request.extensions = {**request.extensions, "trace": self._note_connection}
        self._start()
        try:
            response = super().send(request, stream=True, **{**options, "follow_redirects": False})
        except Exception as error:
            is_overdue = self._is_overdue
            self.finish()
            if is_overdue:
                raise CallTooLong from error
            raise
        response.encoding = ENCODING
        try:
            response.stream = _Watched(cast(httpx2.SyncByteStream, response.stream), self)
            if len(response.headers.get("content-encoding", "").split(",")) > 1:
                raise BodyTooLarge("a body that is compressed more than once")
            if stream and response.is_success:
                return response
            if _is_small(response):
                response.read()
                return response
            body = _read(response)
        except BaseException:
            response.close()
            raise
        response.close()
        return _whole(response, body)

    def end_if_overdue(self) -> None:
        """Break the connection of the call in flight if its time is up; the thread that waits for it goes on."""
        with self._lock:
            if self._deadline is None or time.monotonic() < self._deadline or self._is_overdue:
                return
            self._is_overdue = True
            if self._socket is not None:
                try:
                    # Not the method of an SSL socket, which changes what the waiting thread uses.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
                except OSError:  # closed in the meantime
                    return

    def check_time(self) -> None:
        """Raise `CallTooLong` if the time of the call in flight is up."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise CallTooLong

    def finish(self) -> None:
        """The call in flight has ended."""
        with self._lock:
            self._deadline = None

    def _start(self) -> None:
        with self._lock:
            self._deadline, self._is_overdue = time.monotonic() + self._total_s, False

    def _note_connection(self, event: str, info: dict[str, Any]) -> None:
        """Remember the socket of a new connection. Called by the client at every step of a request."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")


class _Watched(httpx2.SyncByteStream):
    """The body as it arrives; reading it ends when the time is up."""

    def __init__(self, stream: httpx2.SyncByteStream, client: BoundedClient) -> None:
        self._stream, self._client = stream, client

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._stream:
                self._client.check_time()
                yield piece
        except httpx2.RequestError:
            self._client.check_time()  # the connection was broken because the time was up
            raise

    def close(self) -> None:
        self._stream.close()
        self._client.finish()


class Watchdog:
    """Ends the calls of some clients that take too long, from a thread of its own."""

    def __init__(self, clients: list[BoundedClient], total_s: float) -> None:
        """`clients` may grow later."""
        self._clients, self._pause_s = clients, min(_WATCH_S, total_s / 4)
        self._stopped = threading.Event()
        threading.Thread(target=self._watch, name="call-limit", daemon=True).start()

    def stop(self) -> None:
        """End the thread. Safe to call twice."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(self._pause_s):
            for client in [*self._clients]:
                client.end_if_overdue()


def _is_small(response: httpx2.Response) -> bool:
    """Whether the body is not packed and says that it is within the limit. The client holds it to what it says.

    A body in chunks may say so too, and is not held to it.
    """
    length = response.headers.get("content-length", "")
    limit = MAX_BODY_BYTES if response.is_success else MAX_ERROR_BYTES
    is_plain = "content-encoding" not in response.headers and "transfer-encoding" not in response.headers
    return is_plain and bool(re.fullmatch("[0-9]{1,9}", length)) and int(length) <= limit


def _read(response: httpx2.Response) -> bytes:
    """The body after decompression. Raises `BodyTooLarge`; the body of an error is cut off instead."""
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if response.is_success and len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge(f"more than {MAX_BODY_BYTES // 1_000_000} MB")
        if not response.is_success and len(body) >= MAX_ERROR_BYTES:
            del body[MAX_ERROR_BYTES:]
            break
    return bytes(body)


def _whole(response: httpx2.Response, body: bytes) -> httpx2.Response:
    """The response with its unpacked body."""
    headers = [
        (name, value)
        for name, value in response.headers.raw
        if name.lower() not in (b"content-encoding", b"content-length", b"transfer-encoding")
    ]
    unpacked = httpx2.Response(
        response.status_code, headers=headers, content=body, request=response.request, extensions=response.extensions
    )
    unpacked.encoding = ENCODING
    return unpacked
