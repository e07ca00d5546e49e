"""Ctrl-C and SIGTERM in every stage, then the same command again."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.command import COMMAND, error_of, orca
from tests.openai_server import OpenAIServer, answer
from tests.workspaces import copy_workspace, losses, make_workspace

CASES = [
    (["probe"], "base: 1 file"),
    (["probe"], "probe: "),
    (["teach"], "teach: "),
    (["train"], "train: "),
    (["evaluate", "--model", "base"], "evaluate: "),
]


def _hears_ctrl_c() -> None:
    """A shell that starts tests in the background makes them, and their children, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupt(arguments: list[str], cwd: Path, ready: str, number: signal.Signals) -> subprocess.CompletedProcess[str]:
    """Run a command, signal it as soon as it says `ready`, and wait for its end."""
    process = subprocess.Popen(
        [*COMMAND, *arguments, "--json"],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hears_ctrl_c,
    )
    assert process.stderr is not None
    while not (line := process.stderr.readline()).startswith(ready):
        assert line, "ended before it could be interrupted"
    process.send_signal(number)
    out, errors = process.communicate(timeout=60)
    return subprocess.CompletedProcess(arguments, process.returncode, out, errors)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("arguments", "ready"), CASES)
def test_an_interrupted_command_says_so_and_goes_on(
    tmp_path: Path,
    tiny_gguf: Path,
    taught: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    ready: str,
    number: signal.Signals,
) -> None:
    workspace = tmp_path / "workspace"
    if arguments[0] == "probe":
        make_workspace(workspace, tiny_gguf)
    else:
        copy_workspace(taught, workspace)
    with OpenAIServer(lambda *_: answer("Answer: 4")) as server:
        if arguments[0] == "teach":
            monkeypatch.setenv("ORCA_LOCAL_TEACHER__KIND", "openai")
            monkeypatch.setenv("ORCA_LOCAL_TEACHER__BASE_URL", server.url)
            monkeypatch.setenv("ORCA_LOCAL_TEACHER__MODEL", "scripted")
            monkeypatch.setenv("ORCA_LOCAL_TEACHER__CONCURRENCY", "1")
        stopped = interrupt(arguments, workspace, ready, number)
        assert stopped.returncode == 130, stopped.stderr
        error = json.loads(stopped.stdout)["error"]
        assert error["kind"] == "interrupted" and "same command again" in error["hint"]
        assert "Traceback" not in stopped.stderr
        runs = json.loads(orca("runs", "list", "--json", cwd=workspace).stdout)["runs"]
        assert runs[0]["status"] == "interrupted"
        assert not list(workspace.rglob("*.part")) and not (workspace / "orca.lock").exists()
        again = orca(*arguments, "--json", cwd=workspace)
        assert again.returncode == 0, again.stderr
    assert isinstance(json.loads(again.stdout), dict)
    assert not list(workspace.rglob("*.part"))


@pytest.mark.slow
def test_ctrl_c_in_a_training_saves_the_step_and_what_changed_is_named(tmp_path: Path, taught: Path) -> None:
    workspace = copy_workspace(taught, tmp_path / "workspace")
    process = subprocess.Popen(
        [*COMMAND, "train"], cwd=workspace, stderr=subprocess.PIPE, text=True, preexec_fn=_hears_ctrl_c
    )
    while process.poll() is None and len(losses(workspace)) < 3:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    steps = len(losses(workspace))
    assert "stopping after this step" in errors and f"saved after step {steps}\n" in errors
    refused = orca("train", "--resume", "--learning-rate", "0.5", "--json", cwd=workspace)
    assert refused.returncode == 2
    message = f"cannot resume the unfinished training at step {steps} of 20: learning_rate was 0.01 and is 0.5"
    assert error_of(refused)["message"] == message
    resumed = orca("train", "--resume", cwd=workspace)
    assert resumed.returncode == 0 and f"resuming after step {steps}\n" in resumed.stderr
    kept = losses(workspace)
    shutil.rmtree(workspace / "adapters")
    with closing(sqlite3.connect(workspace / "orca.db")) as connection, connection:
        connection.executescript("delete from adapters; delete from training_metrics; delete from trainings")
    assert orca("train", cwd=workspace).returncode == 0
    assert losses(workspace) == kept and len(kept) == 20
