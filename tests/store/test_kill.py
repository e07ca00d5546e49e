"""A process that is killed in the middle of writing loses nothing that it had committed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from orca_local.store.store import Store

WRITER = """
import sys
from pathlib import Path
from orca_local.domain.types import Completion
from orca_local.store.store import Store

with Store.open(Path(sys.argv[1]), create=True) as store:
    for number in range(10**6):
        with store.transaction():
            store.teacher_calls.reserve(f"k{number}", "e", "m", {})
            store.teacher_calls.complete(f"k{number}", {"n": number}, 1, 1)
            store.generations.record(f"k{number}", "p" * 5000, Completion("r", "c", "stop", 1, 1, 1), {})
        print(number, flush=True)
"""


def test_killed_writer_loses_no_committed_row(tmp_path: Path) -> None:
    path = tmp_path / "orca.db"
    for wanted in (20, 60):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        with writer.stdout as lines:
            for line in lines:
                if int(line) == wanted:
                    writer.kill()
                    break
            said = [int(line) for line in lines if line.endswith("\n")]
        writer.wait(timeout=30)
        last = max([wanted, *said])
        with Store.open(path) as store:
            keys = [f"k{number}" for number in range(last + 1)]
            assert store.teacher_calls.answered(keys) == set(keys)
            # A transaction is whole or absent: no call without its generation.
            assert store.generations.existing(f"k{n}" for n in range(last + 50)) == store.teacher_calls.answered(
                f"k{n}" for n in range(last + 50)
            )
            assert store._connection.row("PRAGMA integrity_check")[0] == "ok"  # type: ignore[index]


def test_failed_block_leaves_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "orca.db", create=True) as store:
        try:
            with store.transaction():
                store.teacher_calls.reserve("k", "e", "m", {})
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
        assert store.teacher_calls.get("k") is None
        with store.transaction():
            store.teacher_calls.reserve("k", "e", "m", {})
        assert store.teacher_calls.get("k") is not None
