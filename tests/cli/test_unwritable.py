"""A workspace that cannot be written can be read: without permission, on a read-only disk, on a full disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orca_local.domain.errors import OrcaError
from orca_local.store.connection import Connection
from orca_local.store.migrate import migrate
from orca_local.store.schema import STEPS
from orca_local.store.store import Store
from tests.limits import small_files
from tests.store.builders import add_samples, make_sample

PLAIN_USER = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--inh-caps=-all")
"""Root may write everything unless it gives these capabilities up."""

READ = """
import sys
from orca_local.cli.app import run
directory, out = sys.argv[1:]
reading = (["tasks", "list"], ["runs", "list"], ["runs", "show", "1"], ["report"], ["dataset", "list"],
    ["teach", "--estimate"], ["probe", "--estimate"], ["report", "-o", out + "/r.md"],
    ["bundle", "write", out + "/b.orca"])
assert [run([*words, "-q", "-w", directory]) for words in reading] == [0] * len(reading)
assert run(["tasks", "add", directory + "/tasks.jsonl", "-q", "-w", directory]) == 2
assert run(["teach", "-q", "-w", directory]) == 2
"""


@pytest.fixture
def locked(taught: Path, tmp_path: Path) -> Iterator[Path]:
    """A workspace without permission to write."""
    directory = Path(shutil.copytree(taught, tmp_path / "locked"))
    paths = [directory, *directory.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    yield directory
    for path in paths:
        path.chmod(path.stat().st_mode | 0o200)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_reading_commands_work_without_permission_to_write(locked: Path, tmp_path: Path) -> None:
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        prefix = PLAIN_USER
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everything, and there is no setpriv")
    before = sorted(path.name for path in locked.iterdir())
    command = [*prefix, sys.executable, "-c", READ, str(locked), str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("cannot be written") == 2 and "Traceback" not in result.stderr
    assert sorted(path.name for path in locked.iterdir()) == before


@pytest.mark.parametrize("steps", [len(STEPS), len(STEPS) - 1])
def test_what_is_on_a_full_disk_can_be_read(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "orca.db"
    with closing(Connection(path)) as connection:
        migrate(connection, STEPS[:steps])
        connection.insert("tasks", {"name": "sums", "source": "here", "created_at": "2026-01-01T00:00:00+00:00"})
    before = path.read_bytes()
    with small_files(100), Store.open(path) as store:
        assert store.samples.tasks() == []
        with pytest.raises(OrcaError, match=r"orca\.db"):
            add_samples(store, make_sample("a"))
    assert path.read_bytes() == before
    with Store.open(path) as store:
        add_samples(store, make_sample("a"))
