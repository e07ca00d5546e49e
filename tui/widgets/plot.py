"""Loss curves: training as a line, validation as marks, both thinned to the width of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from textual import events, on
from textual.binding import Binding, BindingType
from textual_plot import HiResMode, LegendLocation, PlotWidget

Points = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Steps and values."""

DOTS_PER_CELL = 2
"""Braille dots side by side in one character."""
VALIDATION_MARK = "●"


def to_points(curve: Sequence[tuple[int, float | None]]) -> Points:
    """Return steps and values of a stored curve, without the steps that have no value."""
    measured = [(step, value) for step, value in curve if value is not None]
    pairs = np.asarray(measured, dtype=np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def thinned(points: Points, low: float, high: float, columns: int) -> Points:
    """Return at most two points per column between the steps `low` and `high`, and one beyond either end.

    Each column keeps its minimum and maximum, in order: no peak is lost.
    """
    steps, values = points
    first = max(0, int(np.searchsorted(steps, low, "left")) - 1)
    last = min(len(steps), int(np.searchsorted(steps, high, "right")) + 1)
    steps, values = steps[first:last], values[first:last]
    if len(steps) <= 2 * columns:
        return steps, values
    width = -(-len(steps) // columns)
    rows = np.pad(values, (0, -len(values) % width), "edge").reshape(-1, width)
    starts = np.arange(len(rows)) * width
    kept = np.concatenate((starts + rows.argmin(axis=1), starts + rows.argmax(axis=1)))
    chosen = np.unique(np.minimum(kept, len(steps) - 1))
    return steps[chosen], values[chosen]


class LossPlot(PlotWidget, inherit_bindings=False):
    """Loss by step. `+` and `-` zoom, the arrows pan, Home shows everything."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"plot--training", "plot--validation"}
    DEFAULT_CSS = """
    LossPlot { background: $background;
      & > .plot--axis, &:focus > .plot--axis { color: $foreground 50%; }
      & > .plot--tick { color: $foreground; text-style: none; }
      & > .plot--label { color: $foreground; text-style: none; }
      & > .plot--training { color: $primary; }
      & > .plot--validation { color: $warning; text-style: bold; }
      #legend { border: none; background: $background; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus", "zoom_in", "Zoom", key_display="+/-"),
        Binding("minus", "zoom_out", "Zoom out", show=False),
        Binding("left", "pan_left", "Left", show=False),
        Binding("right", "pan_right", "Right", show=False),
        Binding("up", "pan_up", "Up", show=False),
        Binding("down", "pan_down", "Down", show=False),
        Binding("home", "reset_scales", "All", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._loss = self._validation = to_points([])
        self._total = 1
        self._zoomed: tuple[float, float] | None = None
        """The range of steps that is zoomed in on; None for all."""

    @property
    def curve(self) -> list[int]:
        """The steps that have a loss."""
        return [int(step) for step in self._loss[0]]

    def on_mount(self) -> None:
        """Set the margins to the space that the axis labels need."""
        self.margin_top, self.margin_bottom, self.margin_left = 1, 1, 7
        self.set_ylabel("loss by step")

    def show(self, loss: Points, validation: Points, total: int) -> None:
        """Show the curves of a training of `total` steps; keep the zoom."""
        self._loss, self._validation, self._total = loss, validation, max(1, total)
        self._draw_curves()

    @on(PlotWidget.ScaleChanged)
    def _zoom_changed(self, event: PlotWidget.ScaleChanged) -> None:
        self._zoomed = event.x_min, event.x_max
        self._draw_curves()

    def action_reset_scales(self) -> None:
        """Show everything."""
        self._zoomed = None
        self._draw_curves()

    def on_resize(self, event: events.Resize) -> None:
        """Draw as many points as the new width can show."""
        self._draw_curves()

    def _draw_curves(self) -> None:
        if not self.is_mounted:  # not composed yet; it is drawn when it gets its size
            return
        columns = max(8, self.size.width * DOTS_PER_CELL)
        if self._zoomed is None:
            self.set_xlimits(0, self._total)
            self.set_ylimits(*_limits(self._loss[1], self._validation[1]))
        low, high = self._zoomed or (0, self._total)
        self.clear()
        steps, values = thinned(self._loss, low, high, columns)
        if len(steps):
            self.plot(steps, values, self._style("training"), HiResMode.BRAILLE, "training")
        steps, values = thinned(self._validation, low, high, columns)
        if len(steps):
            self.scatter(steps, values, VALIDATION_MARK, self._style("validation"), label="validation")
        self.show_legend(LegendLocation.TOPRIGHT, is_visible=bool(len(self._loss[0])))

    def _style(self, name: str) -> str:
        return str(self.get_component_rich_style(f"plot--{name}"))


def _limits(*series: NDArray[np.float64]) -> tuple[float, float]:
    """Return minimum and maximum of all values, with a margin of 5 %."""
    values = np.concatenate(series)
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
    return low - margin, high + margin
