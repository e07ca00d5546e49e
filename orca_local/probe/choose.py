"""Chooses the strategy of a task from its measured cells, and says how certain the choice is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from orca_local.domain.cell import Cell
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import counted
from orca_local.probe.race import RaceState
from orca_local.probe.sequential_test import Decision, Scores, beats, decide, paired_differences


class Choice(Frozen):
    """The strategy chosen for a task."""

    cell: Cell
    """Its cell."""
    decided: bool
    """Whether a sequential test shows that the strategy beats all others."""
    more_samples: int | None
    """Estimated number of further samples until the choice is certain."""
    probability_best: float
    """Probability that the strategy has the highest accuracy."""
    loss_bound: float
    """Upper 95 % bound of the accuracy lost against the best strategy."""
    reason: str
    """Why it was chosen, in one sentence."""


def best_measured(cells: Sequence[Cell]) -> int | None:
    """Index of the cell with the highest accuracy; None if no cell has samples.

    Ties go to the cell with fewer tokens, then to the first.
    """
    measured = [i for i, cell in enumerate(cells) if cell.n]
    # Rounded: the sum of equal scores depends on their order.
    return min(measured, key=lambda i: (-round(cells[i].accuracy, 9), cells[i].mean_tokens, i), default=None)


def make_choice(cells: Sequence[Cell], scores: Scores, best: int, state: RaceState, alpha: float) -> Choice:
    """The choice of `cells[best]` and how certain it is.

    `scores` is [cells, samples]; every cell has samples.
    """
    decision = decide(scores, best, alpha)
    reason = _reason(cells, scores, best, decision, alpha)
    return Choice(
        cells[best], decision.decided, decision.more_samples, state.probability_best, state.loss_bound, reason
    )


def _reason(cells: Sequence[Cell], scores: Scores, best: int, decision: Decision, alpha: float) -> str:
    cell = cells[best]
    samples = f"on {counted(cell.n, 'sample')}"
    if decision.closest is None:
        return f"{cell.strategy} is the only strategy measured: {_percent(cell.accuracy)} {samples}"
    if all(other.score_sum == 0 for other in cells):
        tokens = f"{cell.strategy} uses {counted(round(cell.mean_tokens), 'token')} per answer"
        return f"no strategy got an answer right {samples}; {tokens}"
    if decision.decided:
        closest, margin = cells[decision.closest].strategy, _margin(scores, best, decision.closest)
        return f"{cell.strategy} beats every other strategy {samples}; the closest, {closest}, by {margin}"
    beaten = [j for j in range(len(cells)) if j != best and beats(scores, best, j, alpha)]
    rivals = [j for j in range(len(cells)) if j != best and j not in beaten]
    nearest = min(rivals, key=lambda j: float(paired_differences(scores, best, j).mean()))
    parts = []
    if beaten:
        worst = min(beaten, key=lambda j: cells[best].accuracy - cells[j].accuracy)
        parts.append(f"{cell.strategy} beats {cells[worst].strategy} by {_margin(scores, best, worst)}")
    others = counted(len(rivals), "other")
    subject = "it" if parts else cell.strategy
    parts.append(
        f"{subject} scores {_percent(cell.accuracy)} {samples} and may be no better than {others}; next is "
        f"{cells[nearest].strategy} with {_percent(cells[nearest].accuracy)}{_price(cell, cells[nearest])}"
    )
    if decision.more_samples is not None and decision.more_samples < 10_000:
        parts.append(f"about {decision.more_samples} more samples should decide it")
    return "; ".join(parts)


def _margin(scores: Scores, best: int, rival: int) -> str:
    """Mean paired difference with half the width of its normal 95 % interval, in points."""
    differences = paired_differences(scores, best, rival)
    half = 1.96 * float(np.std(differences, ddof=1)) / math.sqrt(len(differences)) if len(differences) > 1 else 1.0
    return f"{100 * differences.mean():.0f} points ± {100 * half:.0f}"


def _price(cell: Cell, other: Cell) -> str:
    """How many more or fewer tokens the other cell uses; empty if they differ by less than 5 %."""
    if not cell.mean_tokens or not other.mean_tokens:
        return ""
    more = other.mean_tokens / cell.mean_tokens - 1
    return f", which uses {100 * abs(more):.0f} % {'more' if more > 0 else 'fewer'} tokens" if abs(more) >= 0.05 else ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
