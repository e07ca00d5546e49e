"""Intervals and tests for accuracies and their differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, including both ends."""

    low: float
    high: float


def wilson(score_sum: float, n: int, alpha: float = 0.05) -> Interval:
    """Return Wilson's score interval for the mean of `n` scores in [0, 1] with the sum `score_sum`.

    Wilson 1927, JASA 22:209. It is conservative for partial scores, because scores of 0 and 1 have the largest variance
    at a given mean. For no samples it is [0, 1]. Raises `ValueError` if the sum is impossible.
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
    differences: NDArray[np.float64],
    alpha: float = 0.05,
    resamples: int = 10_000,
    seed: int = 0,
    *,
    strata: Sequence[str] | None = None,
) -> tuple[float, Interval]:
    """Return the mean of paired differences (shape [n]) and its percentile bootstrap interval (Efron 1979).

    `strata` holds n names, such as the task of each sample. Each stratum is then resampled on its own, so that the mix
    of tasks is fixed and does not widen the interval. Equal arguments give equal intervals. Raises `ValueError` if n is
    0 or differs from the number of strata.
    """
    n = len(differences)
    if n == 0:
        raise ValueError("no differences to resample")
    if strata is not None and len(strata) != n:
        raise ValueError(f"{len(strata)} strata for {n} differences")
    rng = np.random.default_rng(seed)
    names = np.asarray(strata) if strata is not None else np.zeros(n, dtype=np.int64)
    sums = np.zeros(resamples)
    for name in np.unique(names):
        sums += _resampled_sums(differences[names == name], resamples, rng)
    low, high = np.quantile(sums / n, [alpha / 2, 1 - alpha / 2])
    return float(differences.mean()), Interval(float(low), float(high))


def _resampled_sums(values: NDArray[np.float64], resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return sums (shape [resamples]) of `values` (shape [n]) drawn n times with replacement."""
    distinct, counts = np.unique(values, return_counts=True)
    n = len(values)
    if len(distinct) <= 64:
        # Most scores are 0 or 1. The number of times each value is drawn is multinomial, which is fast for any n.
        return rng.multinomial(n, counts / n, size=resamples) @ distinct
    # At most a few million draws at a time, to limit the memory.
    chunk = max(1, 4_000_000 // n)
    parts = [
        values[rng.integers(0, n, size=(min(chunk, resamples - start), n))].sum(axis=1)
        for start in range(0, resamples, chunk)
    ]
    return np.concatenate(parts)


def mcnemar_exact(base_only: int, tuned_only: int) -> float:
    """Return the two-sided exact p-value of McNemar's test (McNemar 1947, Psychometrika 12:153).

    `base_only` and `tuned_only` count the samples that only one of the two models answered right. Under the null
    hypothesis both are equally likely for each such sample. Raises `ValueError` for a negative count.
    """
    n = base_only + tuned_only
    if min(base_only, tuned_only) < 0:
        raise ValueError(f"counts cannot be negative: {base_only}, {tuned_only}")
    # Whole numbers cannot overflow, and the one division rounds correctly at any size.
    term = tail = 1
    for k in range(min(base_only, tuned_only)):
        term = term * (n - k) // (k + 1)
        tail += term
    return 1.0 if 2 * tail >= 2**n else 2 * tail / 2**n


def mean_kl(reference: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the mean of `kl_divergences`, in nats."""
    return float(kl_divergences(reference, other).mean())


def kl_divergences(reference: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return KL(reference ‖ other) in nats at each position (shape [positions]).

    Both arguments are logits of shape [positions, vocab_size]. With the maximum subtracted from each row, KL is
    Σ p·(a − b) − log(Σ eᵃ / Σ eᵇ) for logits a and b. Exponentials are computed in float32 and summed in float64,
    which takes a quarter of the time of float64 throughout and differs by 1e-8.
    """
    a, b = (logits - logits.max(axis=1, keepdims=True) for logits in (reference, other))
    a_powers, b_powers = np.exp(a), np.exp(b)
    a_sum, b_sum = (powers.sum(axis=1, dtype=np.float64) for powers in (a_powers, b_powers))
    gaps = np.einsum("ij,ij->i", a_powers, a - b, dtype=np.float64) / a_sum
    return np.asarray(gaps - np.log(a_sum / b_sum))
