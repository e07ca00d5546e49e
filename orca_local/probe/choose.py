"""Chooses a task's strategy from its measured cells, and says how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orca_local.domain.statistics import Interval, wilson


@dataclass(frozen=True, slots=True)
class Cell:
    """One task under one strategy."""

    strategy: str
    n: int
    score_sum: float
    extracted: int
    """Completions in which an answer was found."""
    completion_tokens: int
    """Of all completions together."""

    @property
    def accuracy(self) -> float:
        """Mean score; 0 without samples."""
        return self.score_sum / self.n if self.n else 0.0

    @property
    def cost(self) -> float:
        """Mean completion tokens."""
        return self.completion_tokens / self.n if self.n else 0.0

    def interval(self, alpha: float) -> Interval:
        """Wilson's interval of the accuracy."""
        return wilson(self.score_sum, self.n, alpha)


@dataclass(frozen=True, slots=True)
class Choice:
    """The strategy of a task."""

    cell: Cell
    decided: bool
    """Whether its interval lies above that of every other strategy."""
    reason: str
    """One plain sentence."""


def choose(cells: Sequence[Cell], order: Sequence[str], alpha: float) -> Choice | None:
    """The best cell; equal scores go to the cheaper strategy, then to the first of `order`.

    None where no cell has a sample.
    """
    measured = [cell for cell in cells if cell.n]
    if not measured:
        return None
    # Rounded: scores of the same answers may be added up in another order.
    ranked = sorted(measured, key=lambda cell: (-round(cell.accuracy, 9), cell.cost, order.index(cell.strategy)))
    best, others = ranked[0], ranked[1:]
    low = best.interval(alpha).low
    decided = all(low > cell.interval(alpha).high for cell in others)
    return Choice(best, decided, _reason(best, others, decided, alpha))


def _reason(best: Cell, others: Sequence[Cell], decided: bool, alpha: float) -> str:
    samples = f"on {best.n} sample{'s' if best.n != 1 else ''}"
    if not others:
        return f"{best.strategy} is the only strategy measured: {_percent(best.accuracy)} {samples}"
    second = others[0]
    if best.accuracy == 0:
        return f"no strategy got an answer right {samples}; {best.strategy} is the cheapest ({best.cost:.0f} tokens)"
    if decided:
        interval = best.interval(alpha)
        return (
            f"{best.strategy} scores {_percent(best.accuracy)} {samples} ({100 * (1 - alpha):g} % interval "
            f"{_percent(interval.low)} to {_percent(interval.high)}), clear of {second.strategy} with "
            f"{_percent(second.accuracy)}"
        )
    if round(best.accuracy - second.accuracy, 9) == 0:
        cheaper = f"takes {best.cost:.0f} tokens an answer against {second.cost:.0f}"
        return (
            f"{best.strategy} and {second.strategy} both score {_percent(best.accuracy)} {samples}; the first {cheaper}"
        )
    low = best.interval(alpha).low
    rivals = sum(cell.interval(alpha).high >= low for cell in others)
    return (
        f"{best.strategy} scores highest with {_percent(best.accuracy)} {samples}, but too few samples set it apart "
        f"from {rivals} other{'s' if rivals != 1 else ''}, first {second.strategy} with {_percent(second.accuracy)}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
