"""Gain of one strategy per task over the best single strategy for all tasks, without selection bias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orca_local.domain import figures
from orca_local.domain.probe_summary import SelectionGain
from orca_local.domain.statistics import Interval, paired_interval
from orca_local.probe.race import fit_priors, judge_round
from orca_local.probe.sequential_test import Scores


@dataclass(frozen=True, slots=True)
class Fold:
    """Choices on one half of the samples, judged on the other."""

    leaders: tuple[int, ...]
    """Index of the strategy chosen for each task."""
    single: int
    """Index of the strategy that is best for all tasks together."""
    gains: NDArray[np.float64]
    """Accuracy of the task's leader minus accuracy of `single` on the other half; shape [tasks]."""


def selection_gain(
    tasks: Sequence[tuple[str, Scores]], strategies: Sequence[str], alpha: float = 0.05
) -> SelectionGain | None:
    """Choose each task's strategy on one half of its samples, measure it on the other half, and swap the halves.

    `tasks` are the kind and the scores, of shape [strategies, samples], of each task. Only samples that every strategy
    answered are used: which samples a race adds later depends on earlier scores. The interval is Student's over the
    gains of the tasks. Returns None if fewer than two tasks have two such samples.
    """
    full = [(kind, scores[:, ~np.isnan(scores).any(axis=0)]) for kind, scores in tasks]
    full = [(kind, scores) for kind, scores in full if scores.shape[1] > 1]
    if len(full) < 2:
        return None
    gains = np.mean([fold.gains for fold in folds(full)], axis=0)
    # Two tasks are added in which a single sample decides: a gain of exactly 0 in every task is not certain.
    added = float(np.mean([1 / scores.shape[1] for _, scores in full]))
    value, interval = float(gains.mean()), paired_interval(gains, alpha, added=added)
    # Both halves weigh the same, as in the gain.
    means = [scores[:, k::2].mean(axis=1) for _, scores in full for k in (0, 1)]
    single_strategy = strategies[int(np.mean(means, axis=0).argmax())]
    reason = _sentence(value, interval, single_strategy)
    return SelectionGain(value, interval, single_strategy, len(full), reason)


def folds(tasks: Sequence[tuple[str, Scores]]) -> list[Fold]:
    """The choices on each half of the samples; the scores are without NaN."""
    halves = [[(kind, scores[:, k::2]) for kind, scores in tasks] for k in (0, 1)]
    means = [np.array([scores.mean(axis=1) for _, scores in half]) for half in halves]
    rows = np.arange(len(tasks))
    results = []
    for chosen_on, judged_on in ((0, 1), (1, 0)):
        single = int(means[chosen_on].mean(axis=0).argmax())
        leaders = _leaders(halves[chosen_on], single)
        gains = means[judged_on][rows, leaders] - means[judged_on][:, single]
        results.append(Fold(tuple(leaders), single, gains))
    return results


def _sentence(value: float, interval: Interval, single_strategy: str) -> str:
    size = f"{figures.points(value)} points {figures.interval(interval)}"
    if interval.low > 0:
        return f"choosing per task gains {size} over {single_strategy} for all tasks"
    if interval.high < 0:
        return f"{single_strategy} for all tasks is better: choosing per task changes accuracy by {size}"
    return f"choosing per task may be no better than {single_strategy} for all tasks: {size}"


def _leaders(half: Sequence[tuple[str, Scores]], single: int) -> list[int]:
    """Index of the strategy chosen for each task; ties go to strategy `single`."""
    priors = fit_priors(half)
    costs = np.array([float(j != single) for j in range(len(half[0][1]))])
    active = [True] * len(costs)
    return [judge_round(scores, costs, active, priors[kind], 0.0, last=True).leader for kind, scores in half]
