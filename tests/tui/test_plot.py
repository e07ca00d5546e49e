"""Loss curves on a plot."""

from __future__ import annotations

import numpy as np
import pytest
from textual.app import App, ComposeResult

from tui.widgets.bars import interval_bar
from tui.widgets.plot import LossPlot, Points, thinned, to_points

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def noisy(count: int) -> Points:
    rng = np.random.default_rng(0)
    steps = np.arange(1, count + 1, dtype=np.float64)
    return steps, 3 * np.exp(-3 * steps / count) + rng.normal(size=count) * 0.1


def test_a_short_curve_stays_as_it_is() -> None:
    points = to_points([(1, 3.0), (2, None), (3, 1.0)])
    assert [*points[0]] == [1, 3] and [*points[1]] == [3.0, 1.0]
    assert len(to_points([])[0]) == 0
    assert [*thinned(points, 0, 10, 5)[0]] == [1, 3]


def test_a_long_curve_keeps_its_extremes_and_its_order() -> None:
    steps, values = noisy(10_007)
    values[5_000], values[-1] = 9.0, -9.0
    kept_steps, kept_values = thinned((steps, values), 0, 10_007, 100)
    assert len(kept_steps) <= 200
    assert (np.diff(kept_steps) > 0).all()
    assert kept_values.max() == 9.0 and kept_values.min() == -9.0
    assert (values[kept_steps.astype(int) - 1] == kept_values).all()


def test_looking_closer_shows_what_was_thinned_out() -> None:
    points = noisy(100_000)
    steps, _ = thinned(points, 500, 600, 100)
    assert [*steps] == [*range(499, 602)]


class Plotted(App[None]):
    def compose(self) -> ComposeResult:
        yield LossPlot()


async def test_a_hundred_thousand_steps_are_drawn_and_looked_at_closer() -> None:
    app = Plotted()
    async with app.run_test(size=(120, 40)) as pilot:
        plot = app.query_one(LossPlot)
        points = noisy(100_000)
        plot.show(points, (points[0][::10_000], points[1][::10_000]), 100_000)
        await pilot.pause()
        drawn = app.export_screenshot()
        assert "training" in drawn and "validation" in drawn and "●" in drawn and "100000" in drawn
        plot.focus()
        await pilot.press("plus", "plus", "plus")
        await pilot.pause()
        assert app.export_screenshot() != drawn
        await pilot.press("home")
        await pilot.pause()
        assert "100000" in app.export_screenshot()


async def test_nothing_and_a_single_step_can_be_drawn() -> None:
    app = Plotted()
    async with app.run_test(size=(60, 20)) as pilot:
        plot = app.query_one(LossPlot)
        plot.show(to_points([]), to_points([]), 0)
        await pilot.pause()
        plot.show(to_points([(1, 2.0)]), to_points([]), 10)
        await pilot.pause()
        assert "training" in app.export_screenshot()


@pytest.mark.parametrize(
    ("value", "low", "high", "drawn"),
    [
        (0.5, 0.3, 0.7, "███▒▒──   "),
        (0.0, 0.0, 0.2, "──        "),
        (1.0, 0.8, 1.0, "████████▒▒"),
        (0.0, 0.0, 0.0, "          "),
    ],
)
def test_a_bar_shows_its_interval(value: float, low: float, high: float, drawn: str) -> None:
    assert interval_bar(value, low, high, 10) == drawn
