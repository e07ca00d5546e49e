"""What the parts of the campaign share: a small workspace, commands as processes, and the count of what is wrong."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import click

from tests.tiny import write_tiny_gguf
from tests.workspaces import make_workspace

KEY = "sk-campaign-5f3a9c2e7b1d"
MAX_SECONDS = 60.0
MAX_BYTES = 1_500_000_000
"""Maximum resident memory of a command on a tiny model."""
FAILED_SAMPLES = 5
"""Exit code of a command that worked, but not for all samples; its summary says for which."""
EXPECTED_CODES = (0, 2, 3, 4, FAILED_SAMPLES)
"""Exit codes of a command that worked or said what is wrong; 1 is a bug."""

TEACHER = """
[teacher]
base_url = "{url}"
model = "scripted"
key_env = "CAMPAIGN_KEY"
patience_s = 5
timeout_s = 5
max_usd = {max_usd}
"""
PRICES = '[[price]]\nmodel = "scripted"\ninput = 1.0\noutput = 2.0\nsource = "the campaign"\n'


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str
    seconds: float
    max_bytes: int


@dataclass
class Tally:
    """Counts right and wrong cases of one part of the campaign."""

    name: str
    cases: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, case: str, problems: Iterable[str]) -> None:
        """Count a case, and print it if something is wrong."""
        self.cases += 1
        problems = list(problems)
        if problems:
            self.wrong.append(case)
            click.echo(f"WRONG {self.name}: {case}: {'; '.join(problems)}")

    def show(self) -> None:
        """Print the count."""
        click.echo(f"{self.name}: {self.cases} cases, {self.cases - len(self.wrong)} right, {len(self.wrong)} wrong")


def make_scene(directory: Path) -> Path:
    """A workspace of a tiny student with 60 samples, probed, whose teacher is an endpoint."""
    student = write_tiny_gguf(directory / "tiny.gguf")
    workspace = make_workspace(directory / "scene", student)
    settings = (workspace / "orca.toml").read_text().replace('[teacher]\nkind = "file"\n', "")
    (workspace / "orca.toml").write_text(settings)
    (workspace / "prices.toml").write_text(PRICES)
    result = run(workspace, "probe", "--samples", "1")
    if result.code != 0:
        raise SystemExit(f"the workspace cannot be made: {result.err}")
    return workspace


def copy_scene(scene: Path, directory: Path, url: str = "http://127.0.0.1:9/v1", max_usd: float = 0) -> Path:
    """A copy of the workspace with the teacher at `url`."""
    shutil.copytree(scene, directory)
    with (directory / "orca.toml").open("a") as file:
        file.write(TEACHER.format(url=url, max_usd=max_usd))
    return directory


def set_url(workspace: Path, old: str, new: str) -> None:
    """Give the teacher another URL."""
    path = workspace / "orca.toml"
    path.write_text(path.read_text().replace(old, new))


def run(workspace: Path, *arguments: str, key: str = KEY, kill_after: float = 0) -> Result:
    """Run a command to its end; or kill it and its children after some seconds."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "orca_local", *arguments],
            cwd=workspace,
            env={**os.environ, "CAMPAIGN_KEY": key, "ORCA_LOCAL_CACHE": str(workspace.parent / "cache")},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        status, usage = _wait(process.pid, started + (kill_after or MAX_SECONDS))
        seconds = time.monotonic() - started
        printed, said = _text(out), _text(err)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Result(process.returncode, printed, said, seconds, usage.ru_maxrss * 1024)


def _wait(pid: int, deadline: float) -> tuple[int, resource.struct_rusage]:
    """Wait for a process, and kill its group at the deadline."""
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, usage
        if time.monotonic() > deadline:
            os.killpg(pid, signal.SIGKILL)
            return os.wait4(pid, 0)[1:]
        time.sleep(0.005)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def problems_of(result: Result, *, codes: Iterable[int] = EXPECTED_CODES) -> list[str]:
    """What is wrong with how a command ended, whatever it was."""
    problems = []
    if result.seconds >= MAX_SECONDS:
        problems.append(f"did not end within {MAX_SECONDS:.0f} s")
    elif result.code not in codes:
        problems.append(f"exit code {result.code}: {result.err.strip()[-300:]}")
    if "Traceback" in result.err or "this is a bug" in result.err:
        problems.append(f"traceback: {result.err.strip()[-300:]}")
    if result.code not in (0, FAILED_SAMPLES) and "error: " not in result.err:
        problems.append("failed without a message")
    if KEY in result.out + result.err:
        problems.append("the key was printed")
    if result.max_bytes > MAX_BYTES:
        problems.append(f"used {result.max_bytes / 1e9:.1f} GB")
    return problems


def query(workspace: Path, sql: str) -> list[tuple[object, ...]]:
    """The rows of a query on the database."""
    with closing(sqlite3.connect(workspace / "orca.db", timeout=10)) as connection:
        return connection.execute(sql).fetchall()


def key_is_stored(workspace: Path) -> bool:
    """Whether any file of the workspace contains the key."""
    return any(KEY.encode() in path.read_bytes() for path in workspace.rglob("*") if path.is_file())
