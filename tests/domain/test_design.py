"""Intervals for questions that were chosen by part and share texts."""

from __future__ import annotations

import itertools
from statistics import fmean

import numpy as np
import pytest

from orca_local.domain.design import design_interval, mean_interval, paired_difference, sign_test
from orca_local.domain.statistics import Interval, accuracy_interval, mcnemar_exact, paired_interval

NONE = [""] * 60


def test_one_part_without_clusters_is_a_simple_sample() -> None:
    scores = np.array([1.0] * 20 + [0.0] * 40)
    assert design_interval(scores, NONE, NONE) == pytest.approx(accuracy_interval(20, 60))
    assert design_interval(np.zeros(0), [], []) == (0.0, 1.0)
    assert design_interval(np.ones(1), ["a"], [""]) == pytest.approx(accuracy_interval(1, 1, degrees=2))


def test_questions_about_one_text_widen_it() -> None:
    scores = np.repeat([1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0], 5)
    clusters = [str(number // 5) for number in range(60)]
    low, high = design_interval(scores, NONE, clusters)
    alone = design_interval(scores, NONE, NONE)
    assert low < alone.low and high > alone.high
    # Alike within each text, 60 questions say what 12 do.
    assert (low, high) == pytest.approx(accuracy_interval(6, 12), abs=0.03)


def test_without_variance_each_text_counts_once() -> None:
    clusters = [str(number // 5) for number in range(60)]
    assert design_interval(np.ones(60), NONE, clusters) == pytest.approx(accuracy_interval(12, 12))


def test_it_covers_with_parts_and_texts() -> None:
    """400 samples of 20 parts, each with 3 texts of 4 questions that are alike: at least 93 % contain the truth."""
    random = np.random.default_rng(1)
    rates = random.uniform(0.35, 0.65, 20)
    parts = [str(part) for part in range(20) for _ in range(12)]
    clusters = [f"{part}-{text}" for part in range(20) for text in range(3) for _ in range(4)]
    inside = 0
    for _ in range(400):
        of_text = np.clip(random.normal(np.repeat(rates, 3), 0.12), 0, 1)
        scores = (random.random(240) < np.repeat(of_text, 4)).astype(float)
        low, high = design_interval(scores, parts, clusters)
        inside += low <= rates.mean() <= high
    assert inside >= 0.93 * 400


def test_single_questions_of_parts_are_taken_together() -> None:
    scores = np.array([1.0, 0.0] * 30)
    parts = [str(number) for number in range(60)]
    assert design_interval(scores, parts, NONE) == pytest.approx(design_interval(scores, NONE, NONE))


def test_pairs_that_stand_alone_get_the_exact_test() -> None:
    before, after = np.array([0.0] * 50 + [1.0] * 10), np.array([1.0] * 12 + [0.0] * 38 + [1.0] * 10)
    value, ci, p_value = paired_difference(before, after, NONE)
    assert value == pytest.approx(0.2) and p_value == mcnemar_exact(0, 12)
    assert ci == paired_interval(after - before, p_value=p_value)


def test_pairs_about_one_text_are_flipped_together() -> None:
    before = np.zeros(60)
    after = np.array([1.0] * 15 + [0.0] * 45)
    clusters = [str(number // 5) for number in range(60)]
    value, ci, p_value = paired_difference(before, after, clusters)
    assert value == 0.25 and p_value == pytest.approx(0.25, abs=0.02), "three texts out of twelve"
    assert ci[0] <= 0 < ci[1]


@pytest.mark.parametrize("sums", [[1.0, 2.0, -0.5, 3.0, 1.5], [1.0] * 8, [0.3, -0.4, 0.2]])
def test_random_signs_agree_with_all_signs(sums: list[float]) -> None:
    every = itertools.product((1, -1), repeat=len(sums))
    reached = [abs(np.dot(signs, sums)) >= abs(sum(sums)) - 1e-9 for signs in every]
    assert sign_test(np.array(sums)) == pytest.approx(fmean(reached), abs=0.02)
    assert sign_test(np.zeros(3)) == 1.0


def test_the_interval_of_a_mean_of_means() -> None:
    low, high = mean_interval([0.5, 0.7], [Interval(0.4, 0.6), Interval(0.5, 0.8)])
    assert (low, high) == pytest.approx((0.6 - (0.1**2 + 0.2**2) ** 0.5 / 2, 0.6 + (2 * 0.1**2) ** 0.5 / 2))
    with pytest.raises(ValueError, match="no means"):
        mean_interval([], [])
