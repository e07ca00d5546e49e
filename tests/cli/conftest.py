from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import orca
from tests.store.full import make_full


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    made = orca("init", "ws", "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    return tmp_path / "ws"


@pytest.fixture(scope="module")
def full(taught: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with rows in every table."""
    return make_full(taught, tmp_path_factory.mktemp("full") / "workspace")
