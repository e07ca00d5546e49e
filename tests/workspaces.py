"""Small workspaces that tests share: a tiny student, two tasks, and what the first stages made of them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from orca_local.runs.workspace import Workspace
from orca_local.tasks.add import add_tasks
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


def make_workspace(directory: Path, student: Path) -> Path:
    """A workspace with two tasks of ten samples a split; no stage has run."""
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
    path = directory / "tasks.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with Workspace.open(directory).store() as store:
        add_tasks(store, [path])
    return directory


def make_taught_workspace(directory: Path, student: Path) -> Path:
    """The same, probed with one sample a task and taught."""
    make_workspace(directory, student)
    run_command(directory, "probe", "--samples", "1")
    run_command(directory, "teach")
    return directory


def copy_workspace(source: Path, directory: Path) -> Path:
    """A copy to work in. Its database refers to the base model of `source`, which has to stay."""
    shutil.copytree(source, directory)
    return directory


def run_command(workspace: Path, *arguments: str) -> dict[str, Any]:
    """The JSON object that a command prints; it must succeed."""
    result = command.orca(*arguments, "--json", cwd=workspace)
    assert result.returncode == 0, result.stderr
    value = json.loads(result.stdout)
    assert isinstance(value, dict)
    return value


def query(workspace: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query; none while there is no database."""
    path = workspace / "orca.db"
    if not path.exists():
        return []
    connection = sqlite3.connect(path, timeout=10)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def grow_older(workspace: Path, seconds: float) -> None:
    """Make the last heartbeat of every run older, as if the time had passed."""
    connection = sqlite3.connect(workspace / "orca.db", timeout=10)
    try:
        for run_id, heartbeat_at in connection.execute("select id, heartbeat_at from runs").fetchall():
            older = datetime.fromisoformat(heartbeat_at) - timedelta(seconds=seconds)
            connection.execute("update runs set heartbeat_at = ? where id = ?", [older.isoformat(), run_id])
        connection.commit()
    finally:
        connection.close()


def losses(workspace: Path) -> dict[int, float]:
    """The stored training losses, by step."""
    if not query(workspace, "select 1 from sqlite_master where name = 'training_metrics'"):
        return {}
    return dict(query(workspace, "select step, value from training_metrics where name = 'loss'"))
