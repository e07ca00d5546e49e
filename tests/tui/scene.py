"""The program in a test: opened on a workspace, and compared with pictures of its screens."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input
from textual.worker import WorkerCancelled

from orca_local.runs.workspace import Workspace
from tui.app import OrcaApp

PICTURES = Path(__file__).parent / "pictures"
UPDATE = "ORCA_LOCAL_UPDATE_PICTURES"
"""Environment variable that makes the tests write the pictures instead of comparing them."""
SIZES = ((80, 24), (120, 40))

_CHANGING = (
    (re.compile(r"terminal-\d+"), "terminal"),
    (re.compile(r"\d{4}-\d\d-\d\d&#160;\d\d:\d\d(:\d\d)?"), "0000-00-00"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "00:00:00"),
)
"""What differs from one drawing of the same screen to the next: the picture's own id, and times."""


@asynccontextmanager
async def opened(
    workspace: Workspace | None, directory: Path, size: tuple[int, int] = (80, 24), mode: str = "home"
) -> AsyncIterator[Pilot[None]]:
    """The program on a workspace, with one of its screens read and drawn."""
    app = OrcaApp(workspace.directory if workspace is not None else None, directory)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        if mode != "home":
            await app.action_switch_mode(mode)
        await settle(pilot)
        yield pilot


async def settle(pilot: Pilot[None]) -> None:
    """Until what was asked of the store is drawn."""
    await pilot.pause()
    while True:
        try:
            await pilot.app.workers.wait_for_complete()
            break
        except WorkerCancelled:  # another has taken its place
            await pilot.pause(0.05)
    await pilot.pause()


async def until(pilot: Pilot[None], holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something holds on the screen."""
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        await pilot.pause(0.05)
    raise AssertionError("it never came to hold")


async def compare_pictures(
    workspace: Workspace | None,
    directory: Path,
    mode: str,
    name: str,
    act: Callable[[Pilot[None]], Awaitable[None]] | None = None,
) -> None:
    """Draw a screen in both sizes and compare it with the pictures `NAME-80x24.svg` and `NAME-120x40.svg`."""
    for size in SIZES:
        async with opened(workspace, directory, size, mode) as pilot:
            if act is not None:
                await act(pilot)
                await settle(pilot)
            path = PICTURES / f"{name}-{size[0]}x{size[1]}.svg"
            drawn = await _drawn(pilot, path)
        if os.environ.get(UPDATE):
            path.parent.mkdir(exist_ok=True)
            path.write_text(drawn, encoding="utf-8")
            continue
        if not path.exists() or path.read_text(encoding="utf-8") != drawn:
            found = directory / path.name
            found.write_text(drawn, encoding="utf-8")
            raise AssertionError(f"the screen is not as in {path.name}: see {found}; {UPDATE}=1 takes it as it is")


async def _drawn(pilot: Pilot[None], path: Path) -> str:
    """The screen, times and ids left out. What is read beside it may come late: it is waited for a few seconds."""
    wanted = path.read_text(encoding="utf-8") if path.exists() and not os.environ.get(UPDATE) else None
    drawn = ""
    for field in pilot.app.screen.query(Input):
        field.cursor_blink = False  # or it is there in one picture and not in the next
    for pause in (0.0, 0.2, 0.5, 1.0, 2.0, 4.0):
        await pilot.pause(pause)
        pilot.app.clear_notifications()
        await pilot.pause()
        drawn = pilot.app.export_screenshot()
        for pattern, constant in _CHANGING:
            drawn = pattern.sub(constant, drawn)
        if drawn == wanted or (wanted is None and pause >= 1.0):
            break
    return drawn
