"""After `kill -9` and a restart, no row is lost and none is made twice."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from orca_local.store.store import Store
from tests.generation.child import SAMPLES
from tests.generation.scene import Scene, make_samples

ROOT = Path(__file__).parents[2]


def start(database: Path, gguf: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.generation.child", str(database), str(gguf)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(database, timeout=10)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.mark.slow
def test_a_killed_process_loses_nothing_and_repeats_nothing(tmp_path: Path, tiny_gguf: Path) -> None:
    database = tmp_path / "orca.db"
    with Store.open(database, create=True) as store:
        Scene.make(store, tiny_gguf, make_samples(SAMPLES)).renderer.close()
    for count in (5, 25):
        child = start(database, tiny_gguf)
        deadline = time.monotonic() + 60
        while query(database, "SELECT count(*) FROM generations")[0][0] < count:
            assert child.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        child.communicate()
    kept = query(database, "SELECT key, completion, created_at FROM generations")
    measured = query(database, "SELECT count(*) FROM measurements")[0][0]
    scored = query(database, "SELECT count(*) FROM scores")[0][0]
    assert 25 <= len(kept) == measured == scored < 2 * SAMPLES, "a generation comes with its measurement and score"

    output, _ = start(database, tiny_gguf).communicate(timeout=120)
    assert json.loads(output) == {"new": 2 * SAMPLES - len(kept), "cached": len(kept), "failed": 0}
    after = query(database, "SELECT key, completion, created_at FROM generations")
    assert set(kept) <= set(after), "what was there is untouched"
    assert len(after) == query(database, "SELECT count(*) FROM measurements")[0][0] == 2 * SAMPLES

    output, _ = start(database, tiny_gguf).communicate(timeout=120)
    assert json.loads(output) == {"new": 0, "cached": 2 * SAMPLES, "failed": 0}
