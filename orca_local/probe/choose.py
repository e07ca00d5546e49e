"""Chooses a task's strategy from its measured cells, and says how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orca_local.domain.statistics import Interval, wilson
from orca_local.probe.race import Standing
from orca_local.probe.sequential_test import Claim, Scores, capital, claim, paired


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
    claim: Claim
    probability_best: float
    loss_bound: float
    """What the choice costs at most, in accuracy, with 95 % probability."""
    reason: str
    """One plain sentence."""


def best_measured(cells: Sequence[Cell]) -> int | None:
    """Index of the highest accuracy; a tie goes to the cheaper, then to the first. None where nothing is measured."""
    measured = [i for i, cell in enumerate(cells) if cell.n]
    # Rounded: scores of the same answers may be added up in another order.
    return min(measured, key=lambda i: (-round(cells[i].accuracy, 9), cells[i].cost, i), default=None)


def make_choice(cells: Sequence[Cell], scores: Scores, best: int, standing: Standing, alpha: float) -> Choice:
    """`cells[best]` as the choice, with what may be said of it; `scores` has a row a cell, all measured."""
    found = claim(scores, best, alpha)
    reason = _reason(cells, scores, best, found, alpha)
    return Choice(cells[best], found, standing.probability_best, standing.loss_bound, reason)


def _reason(cells: Sequence[Cell], scores: Scores, best: int, found: Claim, alpha: float) -> str:
    cell = cells[best]
    samples = f"on {cell.n} sample{'s' if cell.n != 1 else ''}"
    if found.hardest is None:
        return f"{cell.strategy} is the only strategy measured: {_percent(cell.accuracy)} {samples}"
    if all(other.score_sum == 0 for other in cells):
        return f"no strategy got an answer right {samples}; {cell.strategy} takes {cell.cost:.0f} tokens an answer"
    if found.decided:
        margin = _margin(scores, best, found.hardest)
        return f"{cell.strategy} beats every other strategy, {cells[found.hardest].strategy} by {margin}, {samples}"
    beaten = [j for j in range(len(cells)) if j != best and _is_beaten(scores, best, j, alpha)]
    open_rivals = [j for j in range(len(cells)) if j != best and j not in beaten]
    nearest = min(open_rivals, key=lambda j: float(paired(scores, best, j).mean()) if cells[j].n else math.inf)
    parts = []
    if beaten:
        worst = min(beaten, key=lambda j: cells[best].accuracy - cells[j].accuracy)
        parts.append(f"{cell.strategy} beats {cells[worst].strategy} by {_margin(scores, best, worst)}")
    others = f"{len(open_rivals)} other{'s' if len(open_rivals) != 1 else ''}"
    subject = "it" if parts else cell.strategy
    parts.append(
        f"{subject} scores {_percent(cell.accuracy)} {samples} and may be no better than {others}; next is "
        f"{cells[nearest].strategy} with {_percent(cells[nearest].accuracy)}{_price(cell, cells[nearest])}"
    )
    if found.more_samples is not None and found.more_samples < 10_000:
        parts.append(f"about {found.more_samples} more samples should decide it")
    return "; ".join(parts)


def _is_beaten(scores: Scores, best: int, rival: int, alpha: float) -> bool:
    return capital(paired(scores, best, rival)) >= len(scores) / alpha


def _margin(scores: Scores, best: int, rival: int) -> str:
    """Mean paired difference with its normal 95 % half-width, in points."""
    differences = paired(scores, best, rival)
    half = 1.96 * float(np.std(differences, ddof=1)) / math.sqrt(len(differences)) if len(differences) > 1 else 1.0
    return f"{100 * differences.mean():.0f} points ± {100 * half:.0f}"


def _price(cell: Cell, other: Cell) -> str:
    if not cell.cost or not other.cost or abs(other.cost / cell.cost - 1) < 0.05:
        return ""
    more = other.cost / cell.cost - 1
    return f", which costs {100 * abs(more):.0f} % {'more' if more > 0 else 'fewer'} tokens"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
