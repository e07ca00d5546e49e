"""The race: which strategies of a task are worth more samples. Pure; see docs/decisions/0005-race.md.

All strategies answer the same first samples; then, round by round, those leave that are not worth their tokens any
more, and a task stops where no strategy is expected to beat its leader by more than the tolerance. What is expected
is a normal posterior of each strategy's accuracy in the task, relative to the others': its prior is what strategies do
in all tasks of the kind (a mean effect each, and how far tasks depart from it), its data are paired differences.

The same scores give the same decisions, so a race that was killed goes on as if it had not been.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orca_local.probe.sequential_test import Scores

ROUNDS = (8, 12, 16, 24, 32)
"""Samples that a strategy has answered after each round; then 16 more a round."""
LEAVES = 0.4
"""A strategy leaves where it is expected to gain less than this share of the tolerance."""
INDIFFERENT = 0.005
"""Accuracies that differ by less are a tie, which goes to the cheaper strategy."""
PRIOR_SD, PRIOR_TASKS = 0.08, 8
"""How far a strategy's effect departs from its mean, before any task was seen, and how many tasks that counts for."""
PRIOR_FREEDOM = 8
"""Degrees of freedom that the pooled noise counts for in a task's own."""
SMALLEST_SD = 0.02
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)

Vector = NDArray[np.float64]


def rounds(limit: int) -> list[int]:
    """The number of samples after each round, up to `limit`."""
    numbers = [n for n in ROUNDS if n < limit]
    while numbers and numbers[-1] >= ROUNDS[-1] and numbers[-1] + 16 < limit:
        numbers.append(numbers[-1] + 16)
    return [*numbers, limit]


@dataclass(frozen=True, slots=True)
class Pool:
    """What all tasks of a kind say about the strategies."""

    effects: Vector
    """Mean accuracy of each strategy, relative to the mean of all. Shape [strategies]."""
    spread: float
    """Variance of a task's own effects around these."""
    noise: float
    """Variance of one paired score around its expectation."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one task's race stands."""

    leader: int
    alive: tuple[bool, ...]
    """Which strategies are still worth measuring."""
    done: bool
    """Whether none is, beside the leader."""
    probability_best: float
    """That the leader has the highest accuracy of all."""
    loss_bound: float
    """What the choice costs at most, in accuracy, with 95 % probability."""


def pool(tasks: Sequence[Scores]) -> Pool:
    """Pool the first round of all tasks of a kind: scores of the samples that every strategy answered."""
    strategies = len(tasks[0]) if tasks else 0
    parts = [_parts(scores) for scores in tasks if scores.shape[1] > 1]
    if not parts or strategies < 2:
        return Pool(np.zeros(strategies), PRIOR_SD**2, 0.25)
    effects = np.array([part.effects for part in parts])
    noise = max(sum(p.squares for p in parts) / max(1.0, sum(p.freedom for p in parts)), 1e-4)
    mean = effects.mean(axis=0)
    spread = 0.0
    if len(parts) > 1:
        seen = float(((effects - mean) ** 2).sum()) / ((len(parts) - 1) * (strategies - 1))
        spread = max(0.0, seen - noise * float(np.mean([1 / p.samples for p in parts])))
    weight = len(parts) / (len(parts) + PRIOR_TASKS)
    return Pool(weight * mean, max(weight * spread + (1 - weight) * PRIOR_SD**2, SMALLEST_SD**2), noise)


def stand(
    scores: Scores, costs: Vector, alive: Sequence[bool], prior: Pool, tolerance: float, *, last: bool
) -> Standing:
    """Judge a task after a round.

    `scores` are those of all strategies that were ever measured, `costs` their mean completion tokens, `tolerance`
    the expected loss of accuracy from which on more samples are not worth their tokens.
    """
    candidates = np.flatnonzero(alive)
    if np.isnan(scores[candidates]).any(axis=0).all():
        cheapest = int(candidates[np.argmin(costs[candidates])])
        return Standing(cheapest, tuple(alive), True, 0.0, 1.0)
    mean, variance = _posterior(scores, np.asarray(alive), prior)
    close = candidates[mean[candidates] >= mean[candidates].max() - INDIFFERENT]
    leader = int(close[np.argmin(costs[close])])
    gain = _expected_gain(mean - mean[leader], np.sqrt(variance + variance[leader]))
    stays = [bool(a and (j == leader or gain[j] > LEAVES * tolerance)) for j, a in enumerate(alive)]
    rivals = [gain[j] for j in candidates if j != leader]
    done = last or sum(stays) == 1 or max(rivals, default=0.0) < tolerance
    return Standing(
        leader, tuple(stays), done, _probability_best(mean, variance, leader), _bound(mean, variance, leader)
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    effects: Vector
    squares: float
    """Sum of squared deviations of paired scores from what strategy and sample say."""
    freedom: float
    samples: int


def _parts(scores: Scores) -> _Parts:
    """An analysis of variance of a full table: strategies, samples, and the rest."""
    means = scores.mean(axis=1)
    effects = means - means.mean()
    rest = scores - scores.mean(axis=0) - effects[:, None]
    return _Parts(effects, float((rest**2).sum()), (scores.shape[1] - 1) * (len(scores) - 1), scores.shape[1])


def _posterior(scores: Scores, alive: NDArray[np.bool_], prior: Pool) -> tuple[Vector, Vector]:
    """Mean and variance of each strategy's accuracy, relative to those that are still measured."""
    answered = ~np.isnan(scores[alive]).any(axis=0)
    table = scores[alive][:, answered]
    parts = _parts(table)
    noise = (parts.squares + PRIOR_FREEDOM * prior.noise) / (parts.freedom + PRIOR_FREEDOM)
    mean, variance = np.empty(len(scores)), np.empty(len(scores))
    centre = prior.effects[alive].mean()
    reference = table.mean(axis=0)
    for j in range(len(scores)):
        # One that left is compared on the samples that it answered.
        own = scores[j][answered] - reference
        own = own[~np.isnan(own)]
        error = noise / max(1, len(own))
        seen = own.mean() if len(own) else 0.0
        expected = prior.effects[j] - centre
        mean[j] = (prior.spread * seen + error * expected) / (prior.spread + error) if len(own) else expected
        variance[j] = 1 / (1 / prior.spread + 1 / error) if len(own) else prior.spread
    return mean, variance


def _expected_gain(ahead: Vector, sd: Vector) -> Vector:
    """E[max(0, X)] of normal variables: what a strategy is expected to gain over the leader."""
    z = ahead / sd
    found: Vector = sd * (np.exp(-z * z / 2) / math.sqrt(2 * math.pi) + z * _normal_cdf(z))
    return found


def _probability_best(mean: Vector, variance: Vector, leader: int) -> float:
    """That the leader's accuracy is the highest, by quadrature over its own."""
    own = mean[leader] + math.sqrt(variance[leader]) * _NODES
    others = [j for j in range(len(mean)) if j != leader]
    below = [_normal_cdf((own - mean[j]) / math.sqrt(variance[j])) for j in others]
    product = np.prod(below, axis=0) if below else np.ones_like(own)
    return float(np.clip((product * _WEIGHTS).sum() / _WEIGHTS.sum(), 0.0, 1.0))


def _bound(mean: Vector, variance: Vector, leader: int) -> float:
    others = [j for j in range(len(mean)) if j != leader]
    upper = [mean[j] - mean[leader] + 1.645 * math.sqrt(variance[j] + variance[leader]) for j in others]
    return float(min(1.0, max([0.0, *upper])))


def _normal_cdf(z: Vector) -> Vector:
    """Φ(z), by Abramowitz and Stegun 7.1.26 (absolute error below 1.5e-7)."""
    x = np.abs(z) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    half = 0.5 * series * np.exp(-x * x)
    found: Vector = np.where(z >= 0, 1 - half, half)
    return found
