"""Commands that outlive the terminal they were typed in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from orca_local.store.runs import STALE_SECONDS
from orca_local.system.processes import process_started
from tests.command import COMMAND, error_of, orca
from tests.workspaces import copy_workspace, grow_older, make_workspace


@pytest.fixture
def workspace(tmp_path: Path, tiny_gguf: Path) -> Path:
    return make_workspace(tmp_path / "ws", tiny_gguf)


def detach(workspace: Path, *arguments: str) -> dict[str, Any]:
    started = orca(*arguments, "--detach", "--json", cwd=workspace)
    assert started.returncode == 0, started.stderr
    value: dict[str, Any] = json.loads(started.stdout)
    return value


def runs_of(workspace: Path) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads(orca("runs", "list", "--json", cwd=workspace).stdout)["runs"]
    return runs


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 60
    while process_started(pid) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_a_detached_command_is_followed_to_its_end_and_gives_what_it_gives(workspace: Path) -> None:
    launched = detach(workspace, "probe", "--samples", "2")
    attached = orca("runs", "attach", str(launched["run_id"]), "--json", cwd=workspace)
    assert attached.returncode == 0, attached.stderr
    assert "base: 1 file" in attached.stderr and "probe: done" in attached.stderr
    wait_for_end(launched["pid"])
    output = Path(launched["output"])
    assert json.loads(output.with_suffix(".json").read_text()) == json.loads(attached.stdout)
    here = orca("probe", "--samples", "2", "--json", cwd=workspace)
    assert json.loads(here.stdout)["tasks"] == json.loads(attached.stdout)["tasks"]
    probe, base = runs_of(workspace)[1:3]
    assert (probe["stage"], base["stage"]) == ("probe", "base") and probe["pid"] == base["pid"]
    assert workspace / base["inputs"]["output"] == output, "a path that moves with the workspace"
    again = orca("runs", "attach", str(probe["run_id"]), "--json", cwd=workspace)
    assert json.loads(again.stdout) == json.loads(attached.stdout)


@pytest.mark.slow
def test_it_goes_on_when_the_session_it_was_started_in_ends(workspace: Path) -> None:
    shell = subprocess.Popen(
        [*COMMAND, "probe", "--detach", "--json"], cwd=workspace, start_new_session=True, stdout=subprocess.PIPE
    )
    launched = json.loads(shell.communicate(timeout=60)[0])
    with pytest.raises(ProcessLookupError):
        os.killpg(shell.pid, signal.SIGHUP)  # nothing of it is left in that session
    assert orca("runs", "attach", cwd=workspace).returncode == 0
    assert runs_of(workspace)[0]["status"] == "done" and launched["pid"] == runs_of(workspace)[0]["pid"]


@pytest.mark.slow
def test_a_training_is_cancelled_after_its_step_and_goes_on(tmp_path: Path, taught: Path) -> None:
    workspace = copy_workspace(taught, tmp_path / "ws")
    detach(workspace, "train")
    cancelled = orca("runs", "cancel", "--json", cwd=workspace)
    assert cancelled.returncode == 0, cancelled.stderr
    assert json.loads(cancelled.stdout)["status"] == "interrupted"
    attached = orca("runs", "attach", "--json", cwd=workspace)
    assert attached.returncode == 1 and "is interrupted" in error_of(attached)["message"]
    twice = orca("runs", "cancel", "--json", cwd=workspace)
    assert twice.returncode == 2 and "is not running: it is interrupted" in error_of(twice)["message"]
    resumed = orca("train", "--json", cwd=workspace)
    assert resumed.returncode == 0 and json.loads(resumed.stdout)["steps"] == 20


@pytest.mark.slow
def test_what_cannot_begin_says_why(workspace: Path) -> None:
    for arguments, text in (
        (["teach"], "no strategy is chosen yet"),
        (["probe", "--task", "none"], "no task 'none'"),
    ):
        refused = orca(*arguments, "--detach", "--json", cwd=workspace)
        assert refused.returncode == 2 and text in error_of(refused)["message"]
    (workspace / "orca.toml").write_text("[trian]\n")
    assert "trian" in error_of(orca("probe", "--detach", "--json", cwd=workspace))["message"]


@pytest.mark.slow
def test_a_run_whose_process_was_killed_is_dead(workspace: Path) -> None:
    launched = detach(workspace, "probe", "--method", "exhaustive")
    os.kill(launched["pid"], signal.SIGKILL)
    wait_for_end(launched["pid"])
    refused = orca("runs", "cancel", "--json", cwd=workspace)
    assert refused.returncode == 2 and "is gone already" in error_of(refused)["message"]
    assert runs_of(workspace)[0]["status"] == "running"
    grow_older(workspace, STALE_SECONDS)
    assert runs_of(workspace)[0]["status"] == "dead"
    attached = orca("runs", "attach", "--json", cwd=workspace)
    assert attached.returncode == 1 and "is dead" in error_of(attached)["message"]
