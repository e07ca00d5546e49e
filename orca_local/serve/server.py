"""Runs the API on a socket until a signal ends it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import closing, suppress

import uvicorn
from starlette.types import ASGIApp

from orca_local.domain.errors import InputError
from orca_local.engines.base import AdapterEngine
from orca_local.rows.renderer import PromptRenderer
from orca_local.serve.app import Api
from orca_local.serve.engine_thread import EngineThread
from orca_local.serve.guard import Guard, HostRule
from orca_local.system.signals import replaced_handlers

END_SECONDS = 5
"""How long the responses in flight may take to end after a signal."""


class _Server(uvicorn.Server):
    """Says when it is ready and when it begins to stop."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready, self._on_stop = on_ready, on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        self._on_stop()
        await asyncio.sleep(0)
        await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to an address of this machine; port 0 means any free one. Raises `InputError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise InputError(f"{host!r} is no address of this machine: {error}", hint="give another --host") from error
    bound = socket.socket(family, kind, protocol)
    try:
        if os.name != "nt":  # there, another program could then take the same port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise InputError(
            f"port {port} of {host} cannot be used: {error.strerror}", hint="choose another with --port"
        ) from error
    return bound


def run_server(
    app: ASGIApp, bound: socket.socket, *, on_ready: Callable[[], None], on_stop: Callable[[], None]
) -> None:
    """Serve `app` until Ctrl-C, SIGTERM or SIGHUP.

    `on_ready` is called once requests are accepted, `on_stop` after a signal, before the responses in flight must end;
    both in the event loop. uvicorn gets every option here: it takes what is missing from the environment.
    """
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        workers=1,
        proxy_headers=False,
        forwarded_allow_ips="127.0.0.1",
        server_header=False,
        timeout_graceful_shutdown=END_SECONDS,
    )
    server = _Server(config, on_ready, on_stop)
    with closing(bound), replaced_handlers(server.handle_exit, names=("SIGHUP",)), suppress(KeyboardInterrupt):
        server.run(sockets=[bound])


def serve_model(
    name: str,
    engine: AdapterEngine,
    renderer: PromptRenderer,
    bound: socket.socket,
    *,
    system: str,
    hosts: HostRule,
    token: str,
    queue: int,
    on_ready: Callable[[], None],
    on_bug: Callable[[BaseException], None],
) -> None:
    """Answer requests to a loaded model on a bound socket, until a signal ends the server.

    `engine.capacity` requests run at once, and `queue` more wait. `system`: see `Api`; `token`: see `Guard`;
    `on_ready`: see `run_server`; `on_bug` gets exceptions that are bugs, in any thread.
    """
    thread = EngineThread(engine, on_bug)
    api = Api(name, thread, renderer, system=system, context=engine.context, fingerprint=engine.fingerprint)
    guard = Guard(api.app(on_bug), hosts=hosts, token=token, most=engine.capacity + queue)
    thread.start()
    try:
        run_server(guard, bound, on_ready=on_ready, on_stop=thread.stop)
    finally:
        thread.stop()
        thread.join()
        api.close()
