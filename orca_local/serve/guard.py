"""Decides which requests reach the server: by address, token, and how many are in progress."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from orca_local.domain.frozen import Frozen
from orca_local.serve.api_error import ApiError

OPEN_PATHS = {"/health"}
"""Paths that need no token. They say nothing about the model."""
RETRY_AFTER_S = 2
"""When a client that was turned away should try again."""
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class HostRule(Frozen):
    """Which values of the header `Host` are accepted.

    A web page can make a browser send requests to this machine under a name of its own (DNS rebinding). The `Host` of
    such a request is that name.
    """

    port: int
    is_loopback: bool
    """Whether the server listens on loopback only. Then the header must be a name of loopback, with the port."""
    names: Collection[str] = ()
    """Further names that are accepted, with any port."""

    def accepts(self, host: str) -> bool:
        """Whether a request with this header is answered."""
        host = host.strip().lower()
        if host in {f"{name}:{self.port}" for name in _LOOPBACK_NAMES}:
            return True
        if self.port == 80 and host in _LOOPBACK_NAMES:
            return True
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        return name in self.names or (not self.is_loopback and _is_address(name))


def _is_address(name: str) -> bool:
    """Whether a host is an IP address, which no DNS can point elsewhere."""
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


class Guard:
    """Passes on the requests that may be answered, and refuses the others before their body is read."""

    def __init__(self, app: ASGIApp, *, hosts: HostRule, token: str, most: int) -> None:
        """`token` is required of every request (empty: none is). At most `most` POST requests are in progress."""
        self._app, self._hosts, self._token, self._most = app, hosts, token, most
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            self._check(scope)
        except ApiError as error:
            await error_response(error)(scope, receive, send)
            return
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        self._in_progress += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_progress -= 1

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if not self._hosts.accepts(headers.get("host", "")):
            raise ApiError(
                403,
                "the Host header of this request does not name this server; use its address as it was printed at the "
                "start, or start the server with --allow-host NAME",
                code="wrong_host",
            )
        if self._token and scope["path"] not in OPEN_PATHS and not self._has_token(headers):
            raise ApiError(
                401,
                "this server needs a token: send the header `Authorization: Bearer TOKEN` with the token that was "
                "printed at the start, or that --token set",
                code="invalid_api_key",
            )
        if scope["method"] == "POST" and self._in_progress >= self._most:
            raise ApiError(
                429,
                f"{self._in_progress} requests are in progress, and no more can wait",
                code="queue_full",
                retry_after_s=RETRY_AFTER_S,
            )

    def _has_token(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        is_right = secrets.compare_digest(given.strip().encode(), self._token.encode())
        return scheme.lower() == "bearer" and is_right


def error_response(error: ApiError) -> JSONResponse:
    """The HTTP response of an error."""
    return JSONResponse(error.to_dict(), error.status, error.headers)
