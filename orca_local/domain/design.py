"""Intervals and tests for scores of questions that were chosen by part, and that share texts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.statistics import (
    Interval,
    accuracy_interval,
    clustered_interval,
    mcnemar_exact,
    paired_interval,
)

MAX_GAIN = 2
"""How many times as many questions a choice by part is worth at most: less variance is an accident of few questions."""
FLIPS = 9_999
"""Number of random signs that a test by signs draws."""
_FLIPS_AT_ONCE = 256


def design_interval(scores: NDArray[np.float64], parts: Sequence[str], clusters: Sequence[str]) -> Interval:
    """Return the 95 % interval for the mean of scores in [0, 1] (shape [n]) over questions like these.

    `parts` names the part (stratum) of each question, `clusters` the text that it shares with others (empty: none).
    The interval is `accuracy_interval` for the effective number of questions: n divided by the design effect, which is
    the variance of the mean under this design over that of a simple random sample (Korn and Graubard 1998, Survey
    Methodology 24:193; with a score interval: Franco et al. 2019, Journal of Survey Statistics and Methodology 7:334).
    Parts with one cluster are taken together (Cochran 1977, Sampling Techniques, section 5A.12).
    `scripts/simulate_coverage.py` shows the coverage.
    """
    n = len(scores)
    if n == 0:
        return Interval(0.0, 1.0)
    variance, clusters_found, parts_found = _design_variance(scores, parts, clusters)
    simple = float(((scores - scores.mean()) ** 2).sum()) / (n * max(1, n - 1))
    # Without any variance nothing tells how alike the questions of a cluster are: each cluster counts once.
    effective = n * simple / variance if simple and variance else float(clusters_found)
    effective = min(max(1.0, effective), MAX_GAIN * n)
    degrees = clusters_found - parts_found + 2
    return accuracy_interval(float(scores.mean()) * effective, effective, degrees=degrees)


def _design_variance(
    scores: NDArray[np.float64], parts: Sequence[str], clusters: Sequence[str]
) -> tuple[float, int, int]:
    """Return the variance of the mean, the number of clusters, and the number of parts."""
    names = [
        f"{part}\0{cluster or number}\0{bool(cluster)}"
        for number, (part, cluster) in enumerate(zip(parts, clusters, strict=True))
    ]
    _, first, index = np.unique(np.asarray(names), return_index=True, return_inverse=True)
    totals = np.bincount(index, weights=scores - scores.mean()) / len(scores)
    _, part_of = np.unique(np.asarray(parts)[first], return_inverse=True)
    sizes = np.bincount(part_of)
    part_of = np.where(sizes[part_of] == 1, len(sizes), part_of)
    _, part_of, sizes = np.unique(part_of, return_inverse=True, return_counts=True)
    means = np.bincount(part_of, weights=totals) / sizes
    # A single cluster has no spread of its own: it is compared with the mean of all.
    centred = totals - np.where(sizes > 1, means, 0.0)[part_of]
    factors = np.where(sizes > 1, sizes / np.maximum(sizes - 1, 1), 1.0)
    return float((factors[part_of] * centred**2).sum()), len(totals), len(sizes)


def paired_difference(
    before: NDArray[np.float64], after: NDArray[np.float64], clusters: Sequence[str]
) -> tuple[float, Interval, float]:
    """Return the mean difference of two models' scores (shapes [n]), its 95 % interval, and the p-value.

    Where questions share texts, the interval is that over clusters, and the test flips the signs of whole clusters.
    Else it is the interval of matched pairs, and McNemar's exact test if all scores are 0 or 1. The interval excludes 0
    only if the p-value is below 0.05. Raises `ValueError` if there are no scores.
    """
    differences = after - before
    names = [cluster or f"\0{number}" for number, cluster in enumerate(clusters)]
    is_clustered = len(set(names)) < len(names)
    if not is_clustered and np.isin(np.concatenate([before, after]), (0.0, 1.0)).all():
        p_value = mcnemar_exact(int((differences < 0).sum()), int((differences > 0).sum()))
    else:
        _, index = np.unique(np.asarray(names), return_inverse=True)
        p_value = sign_test(np.bincount(index, weights=differences).astype(np.float64))
    interval = paired_interval(differences, p_value=p_value)
    if is_clustered and (wider := clustered_interval(differences, names)) is not None:
        interval = Interval(min(wider.low, interval.low), max(wider.high, interval.high))
    return float(differences.mean()), interval, p_value


def sign_test(sums: NDArray[np.float64]) -> float:
    """Return the two-sided p-value of the sum of these differences (shape [clusters]), by random signs of each.

    Under the null hypothesis a difference is as likely as its negative. The signs come from a fixed seed, so that the
    value does not change from one call to the next; it has a standard error of at most 0.005.
    """
    sums = sums[np.abs(sums) > 1e-12]
    if not len(sums):
        return 1.0
    random, reached = np.random.default_rng(0), 0
    observed = abs(float(sums.sum())) - 1e-9
    for first in range(0, FLIPS, _FLIPS_AT_ONCE):
        signs = random.integers(0, 2, (min(_FLIPS_AT_ONCE, FLIPS - first), len(sums)), dtype=np.int8) * 2 - 1
        reached += int((np.abs(signs @ sums) >= observed).sum())
    return (1 + reached) / (1 + FLIPS)


def mean_interval(means: Sequence[float], intervals: Sequence[Interval]) -> Interval:
    """Return the interval of the mean of independent means, from their intervals (Zou and Donner 2008).

    Statistics in Medicine 27:1693: the distances to the ends are added as squares. Raises `ValueError` without means.
    """
    if not means:
        raise ValueError("no means")
    count, mean = len(means), math.fsum(means) / len(means)
    below = math.sqrt(math.fsum((value - ends.low) ** 2 for value, ends in zip(means, intervals, strict=True))) / count
    above = math.sqrt(math.fsum((ends.high - value) ** 2 for value, ends in zip(means, intervals, strict=True))) / count
    return Interval(mean - below, mean + above)
