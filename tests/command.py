"""The command line as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orca_local.cli.app import run

COMMAND = (sys.executable, "-m", "orca_local")


def orca(*arguments: str, cwd: Path, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=240,
    )


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `orca` is the command."""
    return subprocess.run(
        ["bash", "-c", f'orca() {{ "$PYTHON" -m orca_local "$@"; }}; {line}'],
        cwd=cwd,
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=120,
    )


def error_of(result: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The one object that a failed command printed under `--json`; no traceback stands beside it."""
    value = json.loads(result.stdout)
    assert set(value) == {"error"}
    assert "Traceback" not in result.stderr
    error = value["error"]
    assert error["message"] and error["hint"]
    return dict(error)


def orca_here(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run one command in this process; returns exit code, the object that it prints under `--json`, and stderr."""
    capsys.readouterr()
    code = run([*arguments, "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err
