"""Intervals and tests for accuracies and their differences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, ends included."""

    low: float
    high: float

    def overlaps(self, other: Interval) -> bool:
        """Whether the two share a point."""
        return self.low <= other.high and other.low <= self.high


def wilson(score_sum: float, n: int, alpha: float = 0.05) -> Interval:
    """Wilson's score interval of a mean of `n` scores in [0, 1] that add up to `score_sum`.

    Wilson 1927, JASA 22:209. For partial scores it is conservative: right-or-wrong scores have the largest
    variance at a given mean. No samples give [0, 1].
    """
    if n == 0:
        return Interval(0.0, 1.0)
    if not 0 <= score_sum <= n + 1e-9:
        raise ValueError(f"a sum of {score_sum} is impossible for {n} scores in [0, 1]")
    z = NormalDist().inv_cdf(1 - alpha / 2)
    p = min(score_sum / n, 1.0)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if p == 0 else max(0.0, centre - half)
    high = 1.0 if p == 1 else min(1.0, centre + half)
    return Interval(low, high)


def paired_bootstrap(
    differences: NDArray[np.float64], alpha: float = 0.05, resamples: int = 10_000, seed: int = 0
) -> tuple[float, Interval]:
    """Mean of paired differences (shape [n]) and its percentile bootstrap interval.

    Efron 1979. The seed is fixed, so that the same data always give the same interval.
    """
    n = len(differences)
    if n == 0:
        raise ValueError("no differences to resample")
    rng = np.random.default_rng(seed)
    chunk = max(1, 4_000_000 // n)
    means = np.concatenate(
        [
            differences[rng.integers(0, n, size=(min(chunk, resamples - start), n))].mean(axis=1)
            for start in range(0, resamples, chunk)
        ]
    )
    low, high = np.quantile(means, [alpha / 2, 1 - alpha / 2])
    return float(differences.mean()), Interval(float(low), float(high))


def mcnemar_exact(base_only: int, tuned_only: int) -> float:
    """Two-sided exact p-value of McNemar's test.

    `base_only` and `tuned_only` count the pairs that only one of the two got right; under the null each such
    pair is a fair coin. McNemar 1947, Psychometrika 12:153.
    """
    n = base_only + tuned_only
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, k) for k in range(min(base_only, tuned_only) + 1))
    # Whole numbers until the end: a float power of two would overflow beyond 1,000 pairs.
    return min(1.0, float(2 * tail / 2**n)) if n < 1000 else min(1.0, math.exp(math.log(2 * tail) - n * math.log(2)))
