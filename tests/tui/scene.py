"""Runs the interface in tests, and compares its screens with stored pictures."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from textual import events
from textual.keys import _character_to_key as character_to_key
from textual.pilot import Pilot
from textual.widgets import Input, Static
from textual.worker import WorkerCancelled

from orca_local.runs.workspace import Workspace
from tui.app import OrcaApp

PICTURES = Path(__file__).parent / "pictures"
UPDATE = "ORCA_LOCAL_UPDATE_PICTURES"
"""Environment variable: write the pictures instead of comparing them."""
BURST = "ORCA_LOCAL_TEST_BURST"
"""Environment variable: `pilot.press` sends its keys without a pause between them."""
SIZES = ((80, 24), (120, 40))

_CHARACTERS = {"enter": "\r", "space": " ", "slash": "/", "full_stop": ".", "tab": "\t", "escape": "\x1b"}
_CHANGING = (
    (re.compile(r"terminal-\d+"), "terminal"),
    (re.compile(r"\d{4}-\d\d-\d\d&#160;\d\d:\d\d(:\d\d)?"), "0000-00-00"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "00:00:00"),
)
"""What differs between two pictures of the same screen: the picture's id, and times."""


@asynccontextmanager
async def opened(
    workspace: Workspace | None, directory: Path, size: tuple[int, int] = (80, 24), mode: str = "home"
) -> AsyncIterator[Pilot[None]]:
    """Yield a pilot of the interface on a workspace, with one of its screens loaded and drawn."""
    app = OrcaApp(workspace.directory if workspace is not None else None, directory)
    async with app.run_test(size=size) as pilot:
        if os.environ.get(BURST):
            pilot.press = partial(press_at_once, pilot)  # type: ignore[method-assign]
        await settle(pilot)
        if mode != "home":
            await app.action_switch_mode(mode)
        await settle(pilot)
        yield pilot


async def settle(pilot: Pilot[None]) -> None:
    """Wait until background work has ended and its result is drawn."""
    await pilot.pause()
    while True:
        try:
            await pilot.app.workers.wait_for_complete()
            break
        except WorkerCancelled:  # replaced by another one
            await pilot.pause(0.05)
    await pilot.pause()


async def press_at_once(pilot: Pilot[None], *keys: str) -> None:
    """Send keys without a pause between them, as a very fast typist would, and wait until they are handled."""
    for key in keys:
        name = key if len(key) > 1 else character_to_key(key)
        pilot.app.post_message(events.Key(name, key if len(key) == 1 else _CHARACTERS.get(key)))
    await pilot.pause()
    while any(worker.group == "keys" for worker in pilot.app.workers):
        await pilot.pause(0.01)
    await pilot.pause()


async def until(pilot: Pilot[None], holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until a condition holds; raises `AssertionError` if it does not within `seconds`."""
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        await pilot.pause(0.05)
    raise AssertionError(f"the condition did not hold within {seconds:g} s")


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
            actual = directory / path.name
            actual.write_text(drawn, encoding="utf-8")
            raise AssertionError(f"the screen differs from {path.name}: see {actual}; {UPDATE}=1 updates the picture")


async def _drawn(pilot: Pilot[None], path: Path) -> str:
    """Return the screen as SVG without times and ids; wait a few seconds for what is loaded in the background."""
    expected = path.read_text(encoding="utf-8") if path.exists() and not os.environ.get(UPDATE) else None
    drawn = ""
    for field in pilot.app.screen.query(Input):
        field.cursor_blink = False  # a blinking cursor is in one picture and not in the next
    for pause in (0.0, 0.2, 0.5, 1.0, 2.0, 4.0):
        await pilot.pause(pause)
        pilot.app.clear_notifications()
        await pilot.pause()
        drawn = pilot.app.export_screenshot()
        for pattern, constant in _CHANGING:
            drawn = pattern.sub(constant, drawn)
        if drawn == expected or (expected is None and pause >= 1.0):
            break
    return drawn


def said(pilot: Pilot[None], place: str) -> str:
    """The text of a widget."""
    return str(pilot.app.screen_stack[0].query_one(place, Static).content)
