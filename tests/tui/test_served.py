"""The program in a browser: `textual serve` talks to it through pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orca_local.runs.workspace import Workspace

DRIVER = "textual.drivers.web_driver:WebDriver"


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_it_is_drawn_where_there_is_no_terminal(workspace: Workspace, tmp_path: Path) -> None:
    environment = os.environ | {"TEXTUAL_DRIVER": DRIVER, "COLUMNS": "100", "ROWS": "30"}
    command = [sys.executable, "-m", "orca_local", "tui", "-w", str(workspace.directory)]
    with (tmp_path / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr
        )
    assert process.stdout is not None
    drawn = b""
    try:
        while b"Recent" not in drawn and (part := os.read(process.stdout.fileno(), 65536)):
            drawn += part
    finally:
        process.kill()
        process.communicate()
    assert b"Recent" in drawn, (tmp_path / "stderr").read_text()
