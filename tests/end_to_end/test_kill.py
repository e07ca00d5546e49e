"""`kill -9` in the middle of a stage, then the same command again: nothing lost, nothing done twice."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import command

SETTINGS = """
[student]
file = "{student}"

[engine]
capacity = 4
context = 512
threads = 1

[probe]
max_tokens = 8

[teacher]
kind = "file"

[train]
epochs = 4
batch_size = 4
checkpoint_every = 2
validate_every = 4
learning_rate = 0.01

[evaluate]
max_tokens = 8
"""


GRID = ["probe", "--method", "exhaustive"]
"""Every answer is made, so that they can be counted; that a race decides the same, tests/probe shows."""


def orca(workspace: Path, *arguments: str) -> dict[str, Any]:
    result = command.orca(*arguments, "--json", cwd=workspace)
    assert result.returncode == 0, result.stderr
    value = json.loads(result.stdout)
    assert isinstance(value, dict)
    return value


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


def query(workspace: Path, sql: str) -> list[tuple[Any, ...]]:
    path = workspace / "orca.db"
    if not path.exists():
        return []
    connection = sqlite3.connect(path, timeout=10)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def make_workspace(directory: Path, student: Path) -> Path:
    directory.mkdir(parents=True)
    (directory / "orca.toml").write_text(SETTINGS.format(student=student))
    lines = []
    for i in range(60):
        split = ("probe", "train", "holdout")[i % 3]
        lines.append(
            {
                "id": f"s{i}",
                "task": f"sums-{i % 2}",
                "kind": "number",
                "prompt": f"What is {i} plus {i}?",
                "answer": str(2 * i),
                "split": split,
                "rationale": f"{i} + {i} = {2 * i}.",
            }
        )
    (directory / "tasks.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    orca(directory, "tasks", "add", "tasks.jsonl")
    return directory


@pytest.fixture
def workspace(tmp_path: Path, tiny_gguf: Path) -> Path:
    return make_workspace(tmp_path / "killed", tiny_gguf)


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
    summary = orca(workspace, *GRID)
    after = dict(query(workspace, "select key, completion from generations"))
    assert kept.items() <= after.items()
    assert summary["generations"]["new"] == len(after) - len(kept)
    assert summary["generations"]["new"] + summary["generations"]["cached"] == 20 * 6
    assert sum(cell["n"] for task in summary["tasks"] for cell in task["cells"]) == 20 * 6
    assert orca(workspace, *GRID)["generations"] == {"new": 0, "cached": 120}


def _losses(workspace: Path) -> dict[int, float]:
    if not query(workspace, "select 1 from sqlite_master where name = 'training_metrics'"):
        return {}
    return dict(query(workspace, "select step, value from training_metrics where name = 'loss'"))


def _teach(workspace: Path) -> None:
    orca(workspace, "probe", "--samples", "2")
    orca(workspace, "teach")


def test_training_goes_on_with_the_same_loss_curve(tmp_path: Path, workspace: Path, tiny_gguf: Path) -> None:
    straight = make_workspace(tmp_path / "straight", tiny_gguf)
    for place in (straight, workspace):
        _teach(place)
    whole = orca(straight, "train")
    kill_when(workspace, ["train"], lambda: len(_losses(workspace)) >= 7)
    steps_before = len(_losses(workspace))
    resumed = orca(workspace, "train")
    assert _losses(workspace) == _losses(straight)
    assert resumed["steps"] == whole["steps"] > steps_before
    assert resumed["train_loss"] == whole["train_loss"]
    assert resumed["validation_loss"] == whole["validation_loss"]


def test_export_leaves_no_half_written_file_and_ends_the_same(workspace: Path) -> None:
    kill_when(
        workspace,
        ["probe"],
        lambda: any(workspace.rglob("*.part")),
    )
    assert not list((workspace / "exports").glob("*.gguf"))
    orca(workspace, "probe", "--samples", "2")
    assert not list(workspace.rglob("*.part"))
    assert len(query(workspace, "select 1 from exports where name = 'base'")) == 1
