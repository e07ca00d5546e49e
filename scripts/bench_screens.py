"""Time the screens in-process, on large workspaces: each key, long lists, and a long curve.

python scripts/bench_screens.py

`scripts/bench_tui.py` measures the interface in a real terminal; here Textual's test driver presses the keys and waits
until each is handled, which adds some hundredths of a second a key.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from textual.app import App, ComposeResult
from textual.pilot import Pilot

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from orca_local.runs.workspace import Workspace
from tests.tiny import write_tiny_gguf
from tests.tui.answers import make_answers
from tests.tui.big import make_big
from tests.tui.scene import opened
from tests.tui.test_tasks import add_tasks
from tui.widgets.plot import LossPlot

KEY_SECONDS, STALL_SECONDS, PLOT_SECONDS, PAGES_PER_SECOND = 1.5, 1.0, 1.0, 2.0
"""Targets: slowest key, longest time without drawing, 100,000 steps drawn, pages scrolled with the test driver."""


def main() -> None:
    """Print each figure beside its target."""
    asyncio.run(_measure())


async def _measure() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        student = write_tiny_gguf(place / "tiny.gguf")
        workspace = Workspace.create(place / "tasks", student=str(student))
        add_tasks(workspace, 2000, samples=3)
        async with opened(workspace, place, (120, 40), "tasks") as pilot:
            seconds = await _slowest_key(pilot, "down", "pagedown", "end", "home", *"oooooo", "slash", *"step")
            _print("2,000 tasks: slowest key", f"{seconds:.2f} s", seconds <= KEY_SECONDS, f"≤ {KEY_SECONDS}")
        async with opened(make_answers(place / "answers", student, 5000), place, mode="dataset") as pilot:
            stall = asyncio.create_task(_longest_stall(3.0))
            await pilot.press("end", "a", "home", *["pagedown"] * 4, "slash", *"whale", "enter")
            seconds = await stall
            _print("5,000 answers: longest stall", f"{seconds:.2f} s", seconds <= STALL_SECONDS, f"≤ {STALL_SECONDS}")
        async with opened(make_big(place / "big", student), place, (120, 40), "probe") as pilot:
            began = time.perf_counter()
            await pilot.press(*["pagedown"] * 60)
            rate = 60 / (time.perf_counter() - began)
            _print("1,500 tasks: scrolling", f"{rate:.1f} pages/s", rate >= PAGES_PER_SECOND, f"≥ {PAGES_PER_SECOND}")
    seconds = await _plot_seconds()
    _print("100,000 steps: plot", f"{seconds:.2f} s", seconds <= PLOT_SECONDS, f"≤ {PLOT_SECONDS}")


async def _slowest_key(pilot: Pilot[None], *keys: str) -> float:
    slowest = 0.0
    for key in keys:
        began = time.perf_counter()
        await pilot.press(key)
        slowest = max(slowest, time.perf_counter() - began)
    return slowest


async def _longest_stall(seconds: float) -> float:
    """The longest time in which nothing could be drawn, within so many seconds."""
    end = time.perf_counter() + seconds
    longest = 0.0
    while (now := time.perf_counter()) < end:
        await asyncio.sleep(0.01)
        longest = max(longest, time.perf_counter() - now)
    return longest


class _PlotApp(App[None]):
    def compose(self) -> ComposeResult:
        yield LossPlot()


async def _plot_seconds() -> float:
    app = _PlotApp()
    async with app.run_test(size=(120, 40)) as pilot:
        plot = app.query_one(LossPlot)
        steps = np.arange(1.0, 100_001.0)
        losses = 1 / np.sqrt(steps) + np.random.default_rng(0).normal(0, 0.05, len(steps))
        points = (steps, losses)
        plot.show(points, (steps[::10_000], losses[::10_000]), 100_000)
        await pilot.pause()
        began = time.perf_counter()
        plot.show(points, (steps[::10_000], losses[::10_000]), 100_000)
        await pilot.pause()
        return time.perf_counter() - began


def _print(name: str, value: str, is_met: bool, target: str) -> None:
    print(f"{name:30} {value:>14}  {'within' if is_met else 'ABOVE'} the target ({target})")


if __name__ == "__main__":
    main()
