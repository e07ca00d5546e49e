"""A sequential test that one strategy beats all others; it stays valid however often the scores are looked at.

The test bets against "strategy i is no better than strategy j". The wealth starts at 1, and each sample that both
answered multiplies it by 1 + λ·d, where d is the score of i minus the score of j. If i is no better than j, no bet
gains on average: the wealth is a nonnegative supermartingale and, by Ville's inequality, reaches 1/α with probability
at most α (Waudby-Smith and Ramdas 2024, JRSS B 86:1, "Estimating means of bounded random variables by betting"). A
mixture over several λ is such a bet too.

Strategy i beats the other K − 1 strategies if every bet against them reached K/α. A wrong result needs a j that is at
least as good as i, and the bet of i against this j to reach K/α. That has probability at most α/K for each of the K
possible i, so at most α in total, ties included. Which strategies are measured further may depend on all earlier
scores: the bets on a dropped strategy stop.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.frozen import Frozen

Scores = NDArray[np.float64]
"""Scores from 0 to 1 of shape [strategies, samples]; NaN where a strategy did not answer a sample."""

BET_FRACTIONS = np.array([0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9])
"""The λ of the mixture; below 1, so that no loss takes all wealth."""


class Decision(Frozen):
    """Result of the test for one strategy."""

    decided: bool
    """Whether the strategy beats all others."""
    closest: int | None
    """Index of the strategy that is beaten least clearly; None without others."""
    more_samples: int | None
    """Estimated number of further samples until all are beaten; None if decided or not foreseeable."""


def decide(scores: Scores, best: int, alpha: float) -> Decision:
    """Test whether strategy `best` beats all others at error level `alpha`; `scores` is [strategies, samples]."""
    others = [j for j in range(len(scores)) if j != best]
    if not others:
        return Decision(True, None, None)
    differences = {j: paired_differences(scores, best, j) for j in others}
    wealth = {j: max_wealth(d) for j, d in differences.items()}
    closest = min(others, key=lambda j: wealth[j])
    threshold = len(scores) / alpha
    if wealth[closest] >= threshold:
        return Decision(True, closest, None)
    return Decision(False, closest, _more_samples(differences[closest], threshold))


def paired_differences(scores: Scores, first: int, second: int) -> NDArray[np.float64]:
    """Score of `first` minus score of `second` on the samples that both answered, in order; shape [samples]."""
    differences: NDArray[np.float64] = scores[first] - scores[second]
    return differences[~np.isnan(differences)]


def beats(scores: Scores, first: int, second: int, alpha: float) -> bool:
    """Whether the bet that `first` beats `second` reached the threshold; `scores` is [strategies, samples]."""
    return max_wealth(paired_differences(scores, first, second)) >= len(scores) / alpha


def max_wealth(differences: NDArray[np.float64]) -> float:
    """The highest wealth of the mixture of bets so far; `differences` is [samples], from −1 to 1, in order."""
    if not len(differences):
        return 1.0
    log_wealth = np.log1p(BET_FRACTIONS[:, None] * differences[None, :]).cumsum(axis=1)
    return float(max(1.0, np.exp(log_wealth).mean(axis=0).max()))


def _more_samples(differences: NDArray[np.float64], threshold: float) -> int | None:
    """Number of further samples until the wealth reaches `threshold` at its growth so far; None if it does not grow."""
    if not len(differences):
        return None
    growth = float(np.log1p(BET_FRACTIONS[:, None] * differences[None, :]).mean(axis=1).max())
    if growth <= 0:
        return None
    # In the long run the mixture has the wealth of its best bet divided by the number of bets.
    samples = math.ceil((math.log(threshold) + math.log(len(BET_FRACTIONS))) / growth)
    return max(1, samples - len(differences))
