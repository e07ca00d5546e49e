"""`kill -9` in the middle of a stage, then the same command again: nothing lost, nothing done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orca_local.domain.strategies import BUILTIN
from tests import command
from tests.workspaces import copy_workspace, losses, make_workspace, query, run_command

GRID = ["probe", "--method", "exhaustive"]
"""Every answer is made, so that they can be counted; that a race decides the same, tests/probe shows."""


def kill_when(workspace: Path, arguments: list[str], ready: Callable[[], bool]) -> None:
    """Start a command, kill it the moment `ready` holds, and insist that it was still at work."""
    process = subprocess.Popen(
        [*command.COMMAND, *arguments, "--quiet"],
        cwd=workspace,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    try:
        while not ready():
            assert process.poll() is None, f"ended before it could be killed: {process.communicate()[1].decode()}"
            assert time.monotonic() < deadline, "never came to the point where it should be killed"
            time.sleep(0.002)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@pytest.fixture
def workspace(tmp_path: Path, tiny_gguf: Path) -> Path:
    return make_workspace(tmp_path / "killed", tiny_gguf)


@pytest.mark.slow
def test_probe_keeps_what_was_generated_and_makes_only_the_rest(workspace: Path) -> None:
    kill_when(
        workspace,
        GRID,
        lambda: (
            len(query(workspace, "select 1 from sqlite_master where name='generations'")) == 1
            and query(workspace, "select count(*) from generations")[0][0] >= 20
        ),
    )
    kept = dict(query(workspace, "select key, completion from generations"))
    summary = run_command(workspace, *GRID)
    after = dict(query(workspace, "select key, completion from generations"))
    assert kept.items() <= after.items()
    assert summary["generations"]["new"] == len(after) - len(kept)
    assert summary["generations"]["new"] + summary["generations"]["cached"] == 20 * len(BUILTIN)
    assert sum(cell["n"] for task in summary["tasks"] for cell in task["cells"]) == 20 * len(BUILTIN)
    assert run_command(workspace, *GRID)["generations"] == {"new": 0, "cached": 20 * len(BUILTIN)}


@pytest.mark.slow
def test_training_goes_on_with_the_same_loss_curve(tmp_path: Path, taught: Path) -> None:
    straight, workspace = (copy_workspace(taught, tmp_path / name) for name in ("straight", "killed"))
    whole = run_command(straight, "train")
    kill_when(workspace, ["train"], lambda: len(losses(workspace)) >= 7)
    steps_before = len(losses(workspace))
    resumed = run_command(workspace, "train")
    assert losses(workspace) == losses(straight)
    assert resumed["steps"] == whole["steps"] > steps_before
    assert resumed["train_loss"] == whole["train_loss"]
    assert resumed["validation_loss"] == whole["validation_loss"]


@pytest.mark.slow
def test_export_leaves_no_half_written_file_and_ends_the_same(workspace: Path) -> None:
    kill_when(
        workspace,
        ["probe"],
        lambda: any(workspace.rglob("*.part")),
    )
    assert not list((workspace / "exports").glob("*.gguf"))
    run_command(workspace, "probe", "--samples", "2")
    assert not list(workspace.rglob("*.part"))
    assert len(query(workspace, "select 1 from exports where name = 'base'")) == 1
