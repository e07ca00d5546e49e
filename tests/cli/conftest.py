from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import orca


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    made = orca("init", "ws", "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    return tmp_path / "ws"
