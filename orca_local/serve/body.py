"""Reads the body of a request within limits, and notices when its client goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from orca_local.serve.api_error import ApiError

MAX_BODY_BYTES = 1 << 20
BODY_SECONDS = 30.0
"""How long a client may take to send its body."""

Value = TypeVar("Value")


async def read_body(request: Request) -> bytes:
    """The body of a JSON request. Raises `ApiError` if it is too large, too slow, or not JSON by its headers."""
    # A web page can send other types to any server without asking it first.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, f"send JSON with the header `Content-Type: application/json`, not {kind or 'none'!r}")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError(415, "send the body without Content-Encoding")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 18 or int(length) > MAX_BODY_BYTES):
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise _too_large()
    except TimeoutError:
        raise ApiError(408, f"the body did not arrive within {BODY_SECONDS:g} s") from None
    except ClientDisconnect:
        raise ApiError(400, "the connection ended before the body did") from None
    return bytes(body)


def _too_large() -> ApiError:
    return ApiError(413, f"the body is larger than {MAX_BODY_BYTES:,} bytes", code="too_large")


async def unless_disconnected(receive: Receive, work: Coroutine[Any, Any, Value]) -> Value | None:
    """The result of `work`; None, and `work` is cancelled, if the client goes away first. The body must be read."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for future in (task, gone):
            future.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
