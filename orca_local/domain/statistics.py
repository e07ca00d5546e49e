"""Intervals and tests for accuracies and their differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RARE = 3
"""Largest number of right (or wrong) answers whose end of the accuracy's interval is that of a Poisson count."""


class Interval(NamedTuple):
    """A confidence interval, including both ends."""

    low: float
    high: float


def wilson(score_sum: float, n: int, alpha: float = 0.05) -> Interval:
    """Return Wilson's score interval for the mean of `n` scores in [0, 1] with the sum `score_sum`.

    Wilson 1927, JASA 22:209. It is conservative for partial scores, because scores of 0 and 1 have the largest variance
    at a given mean. For no samples it is [0, 1]. Raises `ValueError` if the sum is impossible.
    """
    return _score_interval(score_sum, n, NormalDist().inv_cdf(1 - alpha / 2))


def _score_interval(score_sum: float, n: float, z: float) -> Interval:
    """Return Wilson's interval for the quantile `z`."""
    if n == 0:
        return Interval(0.0, 1.0)
    if not 0 <= score_sum <= n + 1e-9:
        raise ValueError(f"a sum of {score_sum} is impossible for {n} scores in [0, 1]")
    p = min(score_sum / n, 1.0)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if p == 0 else max(0.0, centre - half)
    high = 1.0 if p == 1 else min(1.0, centre + half)
    return Interval(low, high)


def accuracy_interval(score_sum: float, n: float, alpha: float = 0.05, *, degrees: int | None = None) -> Interval:
    """Return the interval for the mean of `n` scores in [0, 1] with the sum `score_sum`; it covers at any n.

    Wilson's interval covers too seldom for few samples, and near 0 and 1 for any number. So the quantile is Student's
    with n + 1 degrees of freedom, and for at most `RARE` right (or wrong) answers the nearer end is that of a Poisson
    count (Brown, Cai and DasGupta 2001, Statistical Science 16:101, section 4.1.1). `scripts/simulate_coverage.py`
    shows the coverage. `degrees` bounds the degrees of freedom, and n need not be whole: for an effective number of
    samples. Raises `ValueError` if the sum is impossible.
    """
    freedom = math.floor(n) + 1 if degrees is None else max(1, min(math.floor(n) + 1, degrees))
    low, high = _score_interval(score_sum, n, student_quantile(1 - alpha / 2, freedom))
    if n:
        low = min(low, _rare_count(score_sum, alpha) / n)
        high = max(high, 1 - _rare_count(n - score_sum, alpha) / n)
    return Interval(max(0.0, low), min(1.0, high))


def _rare_count(count: float, alpha: float) -> float:
    """Return the mean of a Poisson variable that reaches `count` with probability `alpha`.

    The count is rounded down. Beyond `RARE`, it is returned itself.
    """
    k = math.floor(count + 1e-9)
    if not 0 < k <= RARE:
        return 0.0 if k <= 0 else count

    def reaches(mean: float) -> float:
        return 1 - math.exp(-mean) * sum(mean**i / math.factorial(i) for i in range(k))

    return _bisect(lambda mean: reaches(mean) >= alpha, 0.0, float(k))


def paired_interval(
    differences: NDArray[np.float64], alpha: float = 0.05, *, p_value: float | None = None, added: float = 1.0
) -> Interval:
    """Return the interval for the mean of paired differences (shape [n]), each from −1 to 1.

    Bonett and Price's adjusted interval for matched pairs (2012, Journal of Educational and Behavioral Statistics
    37:479), with Student's quantile for n + 1 degrees of freedom: the usual interval after two differences are added,
    `added` and −`added`. So it has a width even if all differences are equal, as happens with few samples. If the
    test's `p_value` is at least `alpha`, the interval includes 0, so that the two agree. Raises `ValueError` if there
    are no differences.
    """
    n = len(differences)
    if n == 0:
        raise ValueError("no differences")
    size = n + 2
    mean = float(differences.sum()) / size
    variance = (float((differences**2).sum()) + 2 * added**2) / size - mean**2
    half = student_quantile(1 - alpha / 2, n + 1) * math.sqrt(variance / size)
    low, high = max(-1.0, mean - half), min(1.0, mean + half)
    if p_value is not None and p_value >= alpha:
        low, high = min(low, 0.0), max(high, 0.0)
    return Interval(low, high)


def clustered_interval(
    differences: NDArray[np.float64], clusters: Sequence[str], alpha: float = 0.05
) -> Interval | None:
    """Return the interval for the mean of paired differences (shape [n]) over clusters, such as tasks, like these.

    `clusters` holds n names. It is Student's interval over the clusters' means, weighted by their samples (linearized
    ratio; Cochran 1977, Sampling Techniques, section 11.7). The degrees of freedom are the effective number of
    clusters, (Σ size)² / Σ size², minus 1 (Carter, Schnepel and Steigerwald 2017, Review of Economics and Statistics
    99:698). It is never narrower than `paired_interval`. Returns None with fewer than two clusters.
    """
    names, index, sizes = np.unique(np.asarray(clusters), return_inverse=True, return_counts=True)
    count, n = len(names), len(differences)
    if count < 2:
        return None
    mean = float(differences.mean())
    residuals = np.bincount(index, weights=differences - mean)
    error = math.sqrt(count / (count - 1) * float((residuals**2).sum())) / n
    effective = n * n / float((sizes.astype(np.float64) ** 2).sum())
    half = student_quantile(1 - alpha / 2, max(1, math.floor(effective + 1e-9) - 1)) * error
    within = paired_interval(differences, alpha)
    return Interval(max(-1.0, min(within.low, mean - half)), min(1.0, max(within.high, mean + half)))


@lru_cache(maxsize=1024)
def student_quantile(probability: float, degrees: int) -> float:
    """Return the quantile of Student's t distribution for a `probability` of at least 1/2.

    Up to 30 degrees of freedom from the closed form of the distribution, beyond from Cornish and Fisher's expansion
    (Abramowitz and Stegun 1964, 26.7.3, 26.7.4 and 26.7.5).
    """
    if degrees > 30:
        z = NormalDist().inv_cdf(probability)
        terms = (
            z,
            (z**3 + z) / 4,
            (5 * z**5 + 16 * z**3 + 3 * z) / 96,
            (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        )
        return math.fsum(term / degrees**power for power, term in enumerate(terms))

    def inside(t: float) -> float:
        """Probability of a value from −t to t."""
        angle = math.atan(t / math.sqrt(degrees))
        cosine, is_odd = math.cos(angle), degrees % 2
        term = total = cosine if is_odd else 1.0
        for k in range(3 if is_odd else 2, degrees - 1, 2):
            term *= (k - 1) / k * cosine**2
            total += term
        if not is_odd:
            return math.sin(angle) * total
        return 2 / math.pi * (angle + (math.sin(angle) * total if degrees > 1 else 0.0))

    high = 1.0
    while inside(high) < 2 * probability - 1:
        high *= 2
    return _bisect(lambda t: inside(t) >= 2 * probability - 1, 0.0, high)


def _bisect(is_reached: Callable[[float], bool], low: float, high: float) -> float:
    """Return the smallest value from `low` to `high` at which the monotone predicate holds."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if is_reached(middle) else (middle, high)
    return high


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


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values corrected for their number, in the same order (Holm 1979, Scandinavian Journal 6:65).

    The smallest of m is multiplied by m, the next by m − 1, and so on; none is smaller than one before it, or above 1.
    Rejecting those below α keeps the probability of any false rejection below α, whatever their dependence.
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


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
