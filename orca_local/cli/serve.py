"""`orca-local serve`: serve a model on this machine with an OpenAI-compatible API."""

from __future__ import annotations

import importlib.util
import os

import click

from orca_local.cli.diagnostics import note
from orca_local.cli.options import Common, common_options
from orca_local.cli.stages import open_pipeline


@click.command("serve")
@click.option("--model", "name", default="tuned", show_default=True, metavar="base|tuned|FILE")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--context", default=2048, show_default=True, type=click.IntRange(128), help="Context length in tokens.")
@common_options
def command(common: Common, name: str, port: int, context: int) -> None:
    """Serve a model on 127.0.0.1 until Ctrl-C, with llama-cpp-python's server."""
    from orca_local.domain.errors import MissingError
    from orca_local.system.child_process import module_command

    if importlib.util.find_spec("uvicorn") is None or importlib.util.find_spec("fastapi") is None:
        raise MissingError("the server's packages are not installed", hint='pip install "orca-local[serve]"')
    _check_port(port)
    with open_pipeline(common, reads_scores=False) as pipeline:
        candidate = pipeline.candidate(name)
        gpu_layers = pipeline.workspace.settings.engine.gpu_layers
    note(f"serving {candidate.name} on http://127.0.0.1:{port}/v1; Ctrl-C stops it")
    arguments = {
        "--model": str(candidate.path),
        "--model_alias": candidate.name,
        "--host": "127.0.0.1",
        "--port": str(port),
        "--n_ctx": str(context),
        "--n_gpu_layers": str(gpu_layers),
    }
    # The server replaces this process, so that Ctrl-C, exit code and process id are its own.
    options = [text for pair in arguments.items() for text in pair]
    command, environment = module_command("orca_local.engines.llama_server", *options)
    os.execve(command[0], command, environment)


def _check_port(port: int) -> None:
    import socket

    from orca_local.domain.errors import InputError

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise InputError(
                f"port {port} cannot be used: {error.strerror}", hint="choose another with --port"
            ) from error
