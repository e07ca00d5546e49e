"""Intervals of accuracies and paired differences: what they cover, at every number of samples."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.domain.statistics import (
    accuracy_interval,
    clustered_interval,
    mcnemar_exact,
    paired_interval,
    student_quantile,
    wilson,
)

MIN_COVERAGE = 0.93
COUNTS = (3, 8, 32, 300)


@pytest.mark.parametrize(
    # Abramowitz and Stegun 1964, table 26.10.
    ("degrees", "quantile"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (7, 2.365), (30, 2.042), (40, 2.021), (120, 1.980)],
)
def test_student_equals_the_published_quantiles(degrees: int, quantile: float) -> None:
    assert round(student_quantile(0.975, degrees), 3) == quantile


@pytest.mark.parametrize("n", COUNTS)
def test_the_accuracy_is_covered_whatever_it_is(n: int) -> None:
    """Exactly, by the binomial distribution: Wilson's own interval covers 83 % at 3 samples and an accuracy of 6 %."""
    counts = np.arange(n + 1)
    intervals = [accuracy_interval(float(k), n) for k in counts]
    low, high = np.array([i.low for i in intervals]), np.array([i.high for i in intervals])
    log_choose = np.array([math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in counts])
    for p in np.linspace(0.002, 0.998, 250):
        chances = np.exp(log_choose + counts * np.log(p) + (n - counts) * np.log(1 - p))
        assert chances[(low <= p) & (p <= high)].sum() > MIN_COVERAGE


@pytest.mark.parametrize("n", COUNTS)
def test_many_samples_get_wilsons_interval(n: int) -> None:
    ours, wilsons = accuracy_interval(n / 2, n), wilson(n / 2, n)
    assert ours.low <= wilsons.low and ours.high >= wilsons.high
    assert ours.high - ours.low < (wilsons.high - wilsons.low) * (1 + 2 / n)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 300))
def test_interval_and_test_agree(lost: int, won: int, equal: int) -> None:
    """The interval excludes zero exactly if p < 0.05, and always has a width and includes the mean."""
    if not lost + won + equal:
        return
    differences = np.repeat([-1.0, 1.0, 0.0], [lost, won, equal])
    p_value = mcnemar_exact(lost, won)
    interval = paired_interval(differences, p_value=p_value)
    assert (interval.low <= 0 <= interval.high) == (p_value >= 0.05)
    assert interval.low <= differences.mean() <= interval.high and interval.high > interval.low


@pytest.mark.parametrize("n", [3, 8, 32])
def test_a_paired_gain_is_covered_whatever_it_is(n: int) -> None:
    """Exactly, over every number of samples that only one of the two models answers right."""
    pairs = [(lost, won) for lost, won in product(range(n + 1), repeat=2) if lost + won <= n]
    intervals = [
        paired_interval(np.repeat([-1.0, 1.0, 0.0], [a, b, n - a - b]), p_value=mcnemar_exact(a, b)) for a, b in pairs
    ]
    low, high = np.array([i.low for i in intervals]), np.array([i.high for i in intervals])
    a, b = np.array(pairs).T
    log_counts = [[math.lgamma(1 + k) for k in column] for column in (a, b, n - a - b)]
    log_choose = math.lgamma(n + 1) - np.sum(log_counts, axis=0)
    rates = (0.001, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
    for lost, won in product(rates, repeat=2):
        if lost + won < 1:
            chances = np.exp(log_choose + a * np.log(lost) + b * np.log(won) + (n - a - b) * np.log(1 - lost - won))
            assert chances[(low <= won - lost) & (won - lost <= high)].sum() > MIN_COVERAGE


@pytest.mark.parametrize("n", COUNTS)
def test_a_gain_of_partial_scores_is_covered(n: int) -> None:
    rng = np.random.default_rng(n)
    for a, b in ((0.5, 0.5), (2.0, 5.0), (0.1, 0.3)):
        differences = rng.beta(a, b, (1000, n)) - rng.beta(b, a, (1000, n))
        mean = a / (a + b) - b / (a + b)
        intervals = [paired_interval(row) for row in differences]
        assert np.mean([i.low <= mean <= i.high for i in intervals]) > MIN_COVERAGE


def test_equal_differences_leave_a_doubt() -> None:
    """Three samples won and none lost: p = 0.25, so a gain of zero is not excluded."""
    interval = paired_interval(np.ones(3), p_value=mcnemar_exact(0, 3))
    assert interval.low <= 0 and interval.high == 1
    assert paired_interval(np.full(300, 0.2)).low < 0.2 < paired_interval(np.full(300, 0.2)).high


def test_an_interval_needs_differences() -> None:
    with pytest.raises(ValueError, match="no differences"):
        paired_interval(np.array([]))


@pytest.mark.parametrize("sizes", [(30, 30, 30), (4,) * 20, (100, 20, 20, 10, 5)])
def test_the_interval_over_tasks_covers_the_gain_of_such_tasks(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(sizes))
    tasks = [f"t{i}" for i, size in enumerate(sizes) for _ in range(size)]
    covered = {"tasks": 0, "samples": 0}
    for _ in range(600):
        gains = np.repeat(rng.normal(0.1, 0.25, len(sizes)).clip(-0.5, 0.7), sizes)
        won, lost = (rng.random(len(gains)) < 0.15 + (sign * gains).clip(0) for sign in (1, -1))
        differences, truth = won.astype(np.float64) - lost, 0.1
        over_tasks, over_samples = clustered_interval(differences, tasks), paired_interval(differences)
        assert over_tasks is not None and over_tasks.low <= over_samples.low and over_tasks.high >= over_samples.high
        covered["tasks"] += over_tasks.low <= truth <= over_tasks.high
        covered["samples"] += over_samples.low <= truth <= over_samples.high
    assert covered["tasks"] / 600 > 0.92
    if min(sizes) >= 30:
        assert covered["samples"] / 600 < 0.9, "samples of few tasks say little about other tasks"


def test_one_task_says_nothing_about_others() -> None:
    assert clustered_interval(np.array([1.0, 0.0]), ["a", "a"]) is None
