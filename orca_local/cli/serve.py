"""`orca-local serve`: serve a model on this machine with an OpenAI-compatible API."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, cast

import click

from orca_local.cli.diagnostics import note, note_traceback, write_json
from orca_local.cli.options import Common, Name, common_options, typed
from orca_local.cli.stages import open_pipeline
from orca_local.domain.errors import InputError, MissingError
from orca_local.domain.frozen import Frozen

if TYPE_CHECKING:
    from orca_local.engines.base import AdapterEngine
    from orca_local.rows.renderer import PromptRenderer

TOKEN_VARIABLE = "ORCA_LOCAL_TOKEN"


@click.command("serve")
@click.argument("name", type=Name(), metavar="[MODEL]", required=False)
@click.option("--model", "option", type=Name(), metavar="base|tuned|FILE", help="The same as MODEL (default: tuned).")
@click.option(
    "--adapter", type=Name(), metavar="newest|DIR|FILE", help="Apply a LoRA adapter to the model (default model: base)."
)
@click.option("--system", help="System message for conversations without one (default: the one used in training).")
@click.option("--host", type=Name(), default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: any free port.")
@click.option("--parallel", default=4, show_default=True, type=click.IntRange(1, 256), help="Answers written at once.")
@click.option("--queue", default=64, show_default=True, type=click.IntRange(0, 10000), help="Requests that may wait.")
@click.option("--context", type=click.IntRange(128), help="Context length in tokens (default: engine.context).")
@click.option("--token", help=f"Token that clients must send (default: {TOKEN_VARIABLE}, else a new one).")
@click.option("--no-token", is_flag=True, help="Require no token.")
@click.option(
    "--allow-host", "names", type=Name(), multiple=True, metavar="NAME", help="Further name of this server. Repeatable."
)
@common_options
def command(
    common: Common,
    name: str | None,
    option: str | None,
    adapter: str | None,
    system: str | None,
    host: str,
    port: int,
    parallel: int,
    queue: int,
    context: int | None,
    token: str | None,
    no_token: bool,
    names: tuple[str, ...],
) -> None:
    """Serve MODEL (base, tuned or a GGUF file) until Ctrl-C, with an OpenAI-compatible API.

    Only programs on this machine can reach it unless --host names another address. With --json, one object with the
    address, the model and the token is printed once the server is ready.
    """
    if name and option:
        raise click.UsageError("MODEL and --model name the same thing: give one of them")
    if token is not None and no_token:
        raise click.UsageError("--token and --no-token exclude each other")
    _check_packages()
    from orca_local.serve.guard import HostRule
    from orca_local.serve.server import bind, serve_model

    chosen = "" if no_token else _token(token)
    model = name or option or ("tuned" if adapter is None else "base")
    with bind(host, port) as bound, _loaded(common, model, adapter, parallel, context) as served:
        address, port = bound.getsockname()[:2]
        is_loopback = ipaddress.ip_address(address).is_loopback
        own_names = () if is_loopback else (host.lower(), socket.gethostname().lower())
        hosts = HostRule(port, is_loopback, (*own_names, *map(str.lower, names)))
        announce = partial(_announce, _url(host, port), served, chosen, is_loopback=is_loopback, as_json=common.json)
        serve_model(
            served.name,
            served.engine,
            served.renderer,
            bound,
            system=served.system if system is None else system,
            hosts=hosts,
            token=chosen,
            queue=queue,
            on_ready=announce,
            on_bug=note_traceback,
        )
    note("the server has stopped")


class _Served(Frozen):
    """A loaded model."""

    name: str
    engine: AdapterEngine
    renderer: PromptRenderer
    system: str
    """The system message that the workspace trains with."""


def _announce(url: str, served: _Served, token: str, *, is_loopback: bool, as_json: bool) -> None:
    """Say where the server is, once it takes requests."""
    engine = served.engine
    note(
        f"serving {served.name} at {url}: {engine.capacity} requests at once, {engine.context} tokens each; "
        "Ctrl-C stops it"
    )
    note(f"token (the API key for clients): {token}" if token else "no token is required")
    if not is_loopback:
        who = "who has the token " if token else ""
        note(f"warning: anybody {who}on the network can use it, and nothing is encrypted")
    if as_json:
        write_json({"url": url, "model": served.name, "token": token or None})


def _check_packages() -> None:
    import importlib.util

    missing = [name for name in ("starlette", "uvicorn", "h11") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingError(
            f"the server's packages are not installed: {', '.join(missing)}", hint='pip install "orca-local[serve]"'
        )


def _token(given: str | None) -> str:
    """The token that clients must send. Raises `InputError` if no header can carry it."""
    origin = "--token" if given is not None else TOKEN_VARIABLE
    token = os.environ.get(TOKEN_VARIABLE) if given is None else given
    if token is None:
        return secrets.token_urlsafe(24)
    if not re.fullmatch("[!-~]+", token):
        raise InputError(
            f"{origin} is empty or holds characters that no HTTP header can carry",
            hint="use letters and digits, or --no-token",
        )
    return token


@contextmanager
def _loaded(common: Common, model: str, adapter: str | None, parallel: int, context: int | None) -> Iterator[_Served]:
    """The model with its adapter and the memory for `parallel` requests."""
    from orca_local.chat.adapter_choice import adapter_file

    overrides = {"engine": typed(context=context)}
    with open_pipeline(common, overrides, reads_scores=False) as pipeline:
        candidate = pipeline.candidate(model)
        loaded = pipeline.load(candidate, capacity=parallel)
        name, engine = candidate.name, cast("AdapterEngine", loaded.engine)
        system = pipeline.workspace.settings.dataset.system_message
        try:
            if adapter is not None:
                with adapter_file(adapter, candidate, pipeline.store, lambda: pipeline.student) as file:
                    engine.set_adapter(file)
                    # Another name: whoever stores answers by the model's name must not mix them up.
                    name = f"{name}+{file.stem}"
            engine.reserve()
        except BaseException:
            loaded.close()
            raise
    try:
        yield _Served(name, engine, loaded.renderer, system)
    finally:
        loaded.close()


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
