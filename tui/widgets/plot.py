"""Loss curves: training as a line, validation as marks, both thinned to what the screen can show."""

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

PIXELS_A_CELL = 2
"""Dots of a braille character side by side."""
VALIDATION_MARK = "●"


def to_points(curve: Sequence[tuple[int, float | None]]) -> Points:
    """A curve of the store without its gaps."""
    known = [(step, value) for step, value in curve if value is not None]
    pairs = np.asarray(known, dtype=np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def thinned(points: Points, low: float, high: float, columns: int) -> Points:
    """At most two points a column between the steps `low` and `high`, and one beyond either end.

    A column keeps its least and its greatest value, in their order: no peak is lost.
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
    """Loss by step. `+`, `-` and the arrows look closer, Home at all of it again."""

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
        Binding("minus", "zoom_out", "Farther", show=False),
        Binding("left", "pan_left", "Earlier", show=False),
        Binding("right", "pan_right", "Later", show=False),
        Binding("up", "pan_up", "Higher", show=False),
        Binding("down", "pan_down", "Lower", show=False),
        Binding("home", "reset_scales", "All", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._loss = self._validation = to_points([])
        self._total = 1
        self._seen: tuple[float, float] | None = None
        """The steps that somebody looks at closer; None for all."""

    @property
    def curve(self) -> list[int]:
        """The steps whose loss is known."""
        return [int(step) for step in self._loss[0]]

    def on_mount(self) -> None:
        """Room for the numbers of the axes, and no more."""
        self.margin_top, self.margin_bottom, self.margin_left = 1, 1, 7
        self.set_ylabel("loss by step")

    def show(self, loss: Points, validation: Points, total: int) -> None:
        """Show the curves of a training of `total` steps; what somebody looks at closer stays where it is."""
        self._loss, self._validation, self._total = loss, validation, max(1, total)
        self._draw_curves()

    @on(PlotWidget.ScaleChanged)
    def _look_closer(self, event: PlotWidget.ScaleChanged) -> None:
        self._seen = event.x_min, event.x_max
        self._draw_curves()

    def action_reset_scales(self) -> None:
        """Look at all of it."""
        self._seen = None
        self._draw_curves()

    def on_resize(self, event: events.Resize) -> None:
        """A wider one shows more points."""
        self._draw_curves()

    def _draw_curves(self) -> None:
        if not self.is_mounted:  # its parts are not there yet; it is drawn when it gets its size
            return
        columns = max(8, self.size.width * PIXELS_A_CELL)
        if self._seen is None:
            self.set_xlimits(0, self._total)
            self.set_ylimits(*_limits(self._loss[1], self._validation[1]))
        low, high = self._seen or (0, self._total)
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
    """The least and the greatest value, with a little room."""
    values = np.concatenate(series)
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    room = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
    return low - room, high + room
