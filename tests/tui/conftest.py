"""Workspaces that the screens are shown on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from orca_local.runs.workspace import Workspace
from tests.end_to_end.test_kill import make_workspace
from tui.app import OrcaApp

Open = Callable[..., AbstractAsyncContextManager[Pilot[None]]]


@pytest.fixture
def workspace(tmp_path: Path, tiny_gguf: Path) -> Workspace:
    """A tiny student, two tasks, nothing done yet."""
    return Workspace.open(make_workspace(tmp_path / "ws", tiny_gguf))


@asynccontextmanager
async def opened(workspace: Workspace | None, directory: Path, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[None]]:
    """The program on a workspace, first screen drawn."""
    app = OrcaApp(workspace, directory)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot
