"""Workspaces that the screens are shown on."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from orca_local.runs.workspace import Workspace
from tests.tui.answers import make_answers
from tests.workspaces import make_workspace


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="package", autouse=True)
def few_objects() -> None:
    """What other tests have left would stall the interface, each time that a collector looks through it."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def workspace(tmp_path: Path, tiny_gguf: Path) -> Workspace:
    """A tiny student and two tasks of ten samples a split; nothing done yet."""
    return Workspace.open(make_workspace(tmp_path / "ws", tiny_gguf))


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    """Without tasks."""
    return Workspace.create(tmp_path / "ws")


@pytest.fixture
def answered(tmp_path: Path, tiny_gguf: Path) -> Workspace:
    """With thirty answers."""
    return make_answers(tmp_path / "ws", tiny_gguf, 30)
