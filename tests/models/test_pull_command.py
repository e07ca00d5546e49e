"""`orca-local models pull` as a process: exit codes, one JSON object, and what a killed one leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from orca_local.models.catalog import find_model
from orca_local.models.locate import local_path
from tests.command import COMMAND, error_of, orca
from tests.hub_server import Faults, HubServer

MODEL = find_model("qwen3-0.6b")
PULL = ("models", "pull", MODEL.id, "--json")


pytestmark = pytest.mark.usefixtures("models")


def stop_in_the_middle(models: Path, number: signal.Signals) -> subprocess.CompletedProcess[str]:
    """Signal a download when a part of the file is on the disk."""
    process = subprocess.Popen(
        [*COMMAND, *PULL],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not any(part.stat().st_size > 500_000 for part in models.rglob("*.part")):
        assert process.poll() is None, "ended before it could be stopped"
        time.sleep(0.01)
    process.send_signal(number)
    out, errors = process.communicate(timeout=30)
    return subprocess.CompletedProcess(PULL, process.returncode, out, errors)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130), (signal.SIGTERM, 130)], ids=["kill", "int", "term"]
)
def test_a_stopped_pull_goes_on_with_the_rest(
    slow_hub: HubServer, models: Path, number: signal.Signals, code: int
) -> None:
    stopped = stop_in_the_middle(models, number)
    assert stopped.returncode == code
    if code == 130:
        assert error_of(stopped)["kind"] == "interrupted"
    assert not list(models.rglob("*.gguf"))
    (part,) = models.rglob("*.part")
    kept = part.stat().st_size
    slow_hub.faults.pause_s = 0.0
    again = orca(*PULL, cwd=models.parent)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == {"path": str(local_path(MODEL)), "sha256": slow_hub.sha256}
    assert slow_hub.downloads[-1] == (f"bytes={kept}-", len(slow_hub.content) - kept)
    assert not list(models.rglob("*.part"))


@pytest.mark.parametrize(
    ("faults", "hint"),
    [
        (Faults(status=401, error_code="GatedRepo"), "HF_TOKEN"),
        (Faults(status=401, error_code="RepoNotFound"), "by hand"),
        (Faults(status=404, error_code="EntryNotFound"), "by hand"),
        (Faults(status=503, error_code="Busy"), "again"),
        (Faults(etag="cd" * 32), "again"),
    ],
    ids=["gated", "no repo", "no file", "down", "another file"],
)
def test_what_the_hub_does_not_give_is_exit_4(tmp_path: Path, tiny_gguf: Path, faults: Faults, hint: str) -> None:
    with HubServer(MODEL.repo, MODEL.file, tiny_gguf.read_bytes(), faults) as hub:
        result = orca(*PULL, cwd=tmp_path, HF_ENDPOINT=hub.url)
    assert result.returncode == 4
    assert hint in error_of(result)["hint"]


@pytest.mark.parametrize("how", ["option", "variable"])
def test_offline_opens_no_socket(tmp_path: Path, how: str) -> None:
    watch = (
        "import sys, runpy\n"
        "def watch(event, _):\n"
        "    if event.startswith('socket.') and event != 'socket.gethostname': raise RuntimeError('opened: ' + event)\n"
        "sys.addaudithook(watch)\n"
        "runpy.run_module('orca_local', run_name='__main__')\n"
    )
    arguments = [*PULL, *(["--offline"] if how == "option" else [])]
    result = subprocess.run(
        [COMMAND[0], "-c", watch, *arguments],
        cwd=tmp_path,
        env={**os.environ, **({"HF_HUB_OFFLINE": "1"} if how == "variable" else {})},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 3, result.stderr
    assert "without --offline" in error_of(result)["hint"]


def test_an_id_that_is_none_names_the_nearest(tmp_path: Path) -> None:
    result = orca("models", "pull", "qwen3-0.6", "--json", cwd=tmp_path)
    assert result.returncode == 2
    assert "qwen3-0.6b" in error_of(result)["hint"]
