"""When it may be said that a strategy beats the rest: a test that stays valid however often it is looked at.

A bet against "i is no better than j": capital starts at 1, and each sample that both answered multiplies it by
1 + λ·d, where d is how much better i scored. If i is no better, no bet gains on average, so the capital is a
nonnegative supermartingale and, by Ville's inequality, ever reaches 1/α with probability α at most (Waudby-Smith and
Ramdas 2024, JRSS B 86:1, "Estimating means of bounded random variables by betting"). A mixture over λ is such a bet,
too.

"i beats all K − 1 others" is said where all its bets reached K/α. A false claim needs some i with a j that is at least
as good, and the bet of i against *that* j at K/α: at most α/K for each of the K possible i, so α in all, ties included.
Which strategies are still measured may depend on all that was seen: a bet then just stops.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
"""Scores in [0, 1] of shape [strategies, samples]; NaN where a strategy has not answered a sample."""

STAKES = np.array([0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9])
"""Below 1, so that no capital is ever lost for good."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the bets of one strategy against all others came to."""

    decided: bool
    hardest: int | None
    """The rival that is least clearly beaten; None without rivals."""
    more_samples: int | None
    """How many more would settle it if they came as before; None where it is settled or they never would."""


def capital(differences: NDArray[np.float64]) -> float:
    """The highest capital that the mixture of bets on `differences` (in [−1, 1], in order) ever had."""
    if not len(differences):
        return 1.0
    growth = np.log1p(STAKES[:, None] * differences[None, :]).cumsum(axis=1)
    return float(max(1.0, np.exp(growth).mean(axis=0).max()))


def claim(scores: Scores, best: int, alpha: float) -> Claim:
    """Whether strategy `best` may be said to beat all others at error level `alpha`."""
    rivals = [j for j in range(len(scores)) if j != best]
    if not rivals:
        return Claim(True, None, None)
    differences = {j: paired(scores, best, j) for j in rivals}
    capitals = {j: capital(d) for j, d in differences.items()}
    hardest = min(rivals, key=lambda j: capitals[j])
    wanted = len(scores) / alpha
    if capitals[hardest] >= wanted:
        return Claim(True, hardest, None)
    return Claim(False, hardest, _more(differences[hardest], wanted))


def paired(scores: Scores, first: int, second: int) -> NDArray[np.float64]:
    """Differences first − second on the samples that both answered, in order."""
    found: NDArray[np.float64] = scores[first] - scores[second]
    return found[~np.isnan(found)]


def _more(differences: NDArray[np.float64], wanted: float) -> int | None:
    """Samples until the capital would reach `wanted`, at the growth so far."""
    if not len(differences):
        return None
    rates = np.log1p(STAKES[:, None] * differences[None, :]).mean(axis=1)
    rate = float(rates.max())
    if rate <= 0:
        return None
    # A mixture has as much as its best bet, less that bet's share of the stake.
    needed = math.ceil((math.log(wanted) + math.log(len(STAKES))) / rate)
    return max(1, needed - len(differences))


def matrix(rows: Sequence[Sequence[float | None]]) -> Scores:
    """Scores with None as NaN."""
    return np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=np.float64)
