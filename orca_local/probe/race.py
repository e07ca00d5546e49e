"""The race: drops weak strategies of a task early to save tokens. Pure; see docs/decisions/0005-race.md.

All strategies answer the same first samples. After each round, strategies are dropped that are unlikely to be worth
their tokens. A task ends when no strategy is expected to beat the leader by more than the tolerance. Expectations come
from a normal posterior of each strategy's accuracy in the task, relative to the other strategies. Its prior is
estimated from all tasks of the kind: the mean effect of each strategy, and how far tasks depart from it. Its data are
paired differences.

Equal scores give equal decisions, so a race that was killed continues to the same result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.frozen import Frozen
from orca_local.probe.sequential_test import Scores

ROUNDS = (8, 12, 16, 24, 32)
"""Samples per strategy at the end of each round; each later round adds 16."""
DROP_SHARE = 0.4
"""A strategy is dropped if its expected gain is below this share of the tolerance."""
TIE_MARGIN = 0.005
"""Accuracies that differ by less are a tie; the strategy with fewer tokens wins it."""
PRIOR_SD, PRIOR_TASKS = 0.08, 8
"""Assumed standard deviation of a strategy's effect between tasks, and the number of tasks that it counts for."""
PRIOR_DEGREES = 8
"""Degrees of freedom that the noise of all tasks counts for in a single task."""
MIN_SD = 0.02
"""Smallest standard deviation of effects between tasks."""
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)

Vector = NDArray[np.float64]


def round_ends(limit: int) -> list[int]:
    """Samples per strategy at the end of each round, up to `limit`."""
    ends = [n for n in ROUNDS if n < limit]
    while ends and ends[-1] >= ROUNDS[-1] and ends[-1] + 16 < limit:
        ends.append(ends[-1] + 16)
    return [*ends, limit]


class Prior(Frozen):
    """The effects of the strategies, estimated from all tasks of a kind."""

    effects: Vector
    """Mean accuracy of each strategy minus the mean of all strategies; shape [strategies]."""
    effect_variance: float
    """Variance of a task's effects around the mean effects."""
    noise_variance: float
    """Variance of one paired score around its expectation."""


class RaceState(Frozen):
    """State of one task's race after a round."""

    leader: int
    """Index of the strategy that would be chosen now."""
    active: tuple[bool, ...]
    """Which strategies are not dropped; one per strategy."""
    done: bool
    """Whether the task needs no more samples."""
    probability_best: float
    """Probability that the leader has the highest accuracy."""
    loss_bound: float
    """Upper 95 % bound of the accuracy lost by choosing the leader."""


def fit_prior(tasks: Sequence[Scores]) -> Prior:
    """Estimate the prior of a kind from the samples that every strategy answered.

    `tasks` are the scores of each task, of shape [strategies, samples], without NaN.
    """
    strategies = len(tasks[0]) if tasks else 0
    tables = [_analyze_variance(scores) for scores in tasks if scores.shape[1] > 1]
    if not tables or strategies < 2:
        return Prior(np.zeros(strategies), PRIOR_SD**2, 0.25)
    effects = np.array([table.effects for table in tables])
    noise = max(sum(t.residual_squares for t in tables) / max(1.0, sum(t.degrees for t in tables)), 1e-4)
    mean = effects.mean(axis=0)
    variance = 0.0
    if len(tables) > 1:
        observed = float(((effects - mean) ** 2).sum()) / ((len(tables) - 1) * (strategies - 1))
        variance = max(0.0, observed - noise * float(np.mean([1 / table.samples for table in tables])))
    weight = len(tables) / (len(tables) + PRIOR_TASKS)
    return Prior(weight * mean, max(weight * variance + (1 - weight) * PRIOR_SD**2, MIN_SD**2), noise)


def fit_priors(tasks: Iterable[tuple[str, Scores]]) -> dict[str, Prior]:
    """The prior of each kind, from the (kind, scores) of its tasks. Only samples that every strategy answered count."""
    groups: dict[str, list[Scores]] = {}
    for kind, scores in tasks:
        groups.setdefault(kind, []).append(scores[:, ~np.isnan(scores).any(axis=0)])
    return {kind: fit_prior(group) for kind, group in groups.items()}


def judge_round(
    scores: Scores, costs: Vector, active: Sequence[bool], prior: Prior, tolerance: float, *, last: bool
) -> RaceState:
    """Judge a task after a round.

    `scores` is [strategies, samples] and includes dropped strategies. `costs` is [strategies], the mean completion
    tokens. `tolerance` is the expected loss of accuracy that is not worth more samples.
    """
    candidates = np.flatnonzero(active)
    if np.isnan(scores[candidates]).any(axis=0).all():
        cheapest = int(candidates[np.argmin(costs[candidates])])
        return RaceState(cheapest, tuple(active), True, 0.0, 1.0)
    mean, variance = _posterior(scores, np.asarray(active), prior)
    tied = candidates[mean[candidates] >= mean[candidates].max() - TIE_MARGIN]
    leader = int(tied[np.argmin(costs[tied])])
    gain = _expected_gain(mean - mean[leader], np.sqrt(variance + variance[leader]))
    kept = [bool(a and (j == leader or gain[j] > DROP_SHARE * tolerance)) for j, a in enumerate(active)]
    rivals = [gain[j] for j in candidates if j != leader]
    done = last or sum(kept) == 1 or max(rivals, default=0.0) < tolerance
    probability_best = _probability_best(mean, variance, leader)
    return RaceState(leader, tuple(kept), done, probability_best, _loss_bound(mean, variance, leader))


class _VarianceTable(Frozen):
    """Two-way analysis of variance of a task, by strategy and sample."""

    effects: Vector
    """Mean of each strategy minus the mean of all; shape [strategies]."""
    residual_squares: float
    """Sum of squared residuals."""
    degrees: float
    """Degrees of freedom of the residuals."""
    samples: int


def _analyze_variance(scores: Scores) -> _VarianceTable:
    """`scores` is [strategies, samples], without NaN."""
    means = scores.mean(axis=1)
    effects = means - means.mean()
    residuals = scores - scores.mean(axis=0) - effects[:, None]
    degrees = (scores.shape[1] - 1) * (len(scores) - 1)
    return _VarianceTable(effects, float((residuals**2).sum()), degrees, scores.shape[1])


def _posterior(scores: Scores, active: NDArray[np.bool_], prior: Prior) -> tuple[Vector, Vector]:
    """Mean and variance of each strategy's accuracy relative to the active ones; both of shape [strategies]."""
    answered = ~np.isnan(scores[active]).any(axis=0)
    common = scores[active][:, answered]
    table = _analyze_variance(common)
    noise = (table.residual_squares + PRIOR_DEGREES * prior.noise_variance) / (table.degrees + PRIOR_DEGREES)
    mean, variance = np.empty(len(scores)), np.empty(len(scores))
    centre = prior.effects[active].mean()
    reference = common.mean(axis=0)
    spread = prior.effect_variance
    for j in range(len(scores)):
        # A dropped strategy is compared on the samples that it answered.
        own = scores[j][answered] - reference
        own = own[~np.isnan(own)]
        error = noise / max(1, len(own))
        expected = prior.effects[j] - centre
        mean[j] = (spread * own.mean() + error * expected) / (spread + error) if len(own) else expected
        variance[j] = 1 / (1 / spread + 1 / error) if len(own) else spread
    return mean, variance


def _expected_gain(ahead: Vector, sd: Vector) -> Vector:
    """E[max(0, X)] for normal X of mean `ahead` and standard deviation `sd`; all of shape [strategies]."""
    z = ahead / sd
    gain: Vector = sd * (np.exp(-z * z / 2) / math.sqrt(2 * math.pi) + z * _normal_cdf(z))
    return gain


def _probability_best(mean: Vector, variance: Vector, leader: int) -> float:
    """Probability that the leader's accuracy is the highest, by Gauss-Hermite quadrature over it."""
    own = mean[leader] + math.sqrt(variance[leader]) * _NODES
    others = [j for j in range(len(mean)) if j != leader]
    below = [_normal_cdf((own - mean[j]) / math.sqrt(variance[j])) for j in others]
    product = np.prod(below, axis=0) if below else np.ones_like(own)
    return float(np.clip((product * _WEIGHTS).sum() / _WEIGHTS.sum(), 0.0, 1.0))


def _loss_bound(mean: Vector, variance: Vector, leader: int) -> float:
    """Upper 95 % bound of the largest difference between another strategy and the leader."""
    others = [j for j in range(len(mean)) if j != leader]
    upper = [mean[j] - mean[leader] + 1.645 * math.sqrt(variance[j] + variance[leader]) for j in others]
    return float(min(1.0, max([0.0, *upper])))


def _normal_cdf(z: Vector) -> Vector:
    """Φ(z), by Abramowitz and Stegun 7.1.26 (absolute error below 1.5e-7)."""
    x = np.abs(z) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    half = 0.5 * series * np.exp(-x * x)
    cdf: Vector = np.where(z >= 0, 1 - half, half)
    return cdf
