"""The workspace that the views read."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.runs.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ws")
