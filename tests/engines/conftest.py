"""The tiny model behind a server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

LONGEST_LIFE_S = 240

SERVE = """
import os, runpy, sys, threading
timer = threading.Timer(float(sys.argv[1]), os._exit, [0])
timer.daemon = True
timer.start()
del sys.argv[1]
runpy.run_module("orca_local.engines.llama_server", run_name="__main__")
"""


@pytest.fixture(scope="session")
def served_tiny(tiny_gguf: Path) -> Iterator[str]:
    """Base URL of llama-cpp-python's server, which ends by itself after a while."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--model", str(tiny_gguf), "--model_alias", "tiny", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(LONGEST_LIFE_S), *options, "--n_ctx", "512", "--n_threads", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/v1"
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{url}/models", timeout=5):
                break
        except OSError:
            assert process.poll() is None and time.monotonic() < deadline, "the server does not start"
            time.sleep(0.1)
    yield url
    process.kill()
    process.wait()
