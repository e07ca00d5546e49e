"""The sequential test: its error level, and how many samples it takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.probe.sequential_test import BET_FRACTIONS, decide, max_wealth, paired_differences

differences = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]), max_size=40).map(np.array)


@given(differences)
def test_the_maximum_wealth_never_falls_with_more_samples(values: np.ndarray) -> None:
    wealth = [max_wealth(values[:n]) for n in range(len(values) + 1)]
    assert wealth == sorted(wealth) and wealth[0] == 1.0


@given(differences, st.sampled_from([-1.0, 0.0]))
def test_a_loss_gains_nothing(values: np.ndarray, worse: float) -> None:
    assert max_wealth(np.append(values, worse)) == pytest.approx(max_wealth(values))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2), st.floats(0, 1))
def test_no_bet_gains_on_average_where_the_first_is_no_better(means: list[float], joint: float) -> None:
    """One step of the supermartingale, exactly: E[1 + λ·d] ≤ 1 for every pair of right-or-wrong scores."""
    first, second = sorted(means)
    both = joint * first
    chances = {1: first - both, -1: second - both, 0: 1 - first - second + 2 * both}
    for fraction in BET_FRACTIONS:
        assert sum(p * (1 + fraction * d) for d, p in chances.items()) <= 1 + 1e-12


def test_wrong_decisions_are_at_most_as_frequent_as_the_error_level() -> None:
    """All strategies are equal, so every decision is wrong; one is dropped by its scores, and every round is tested."""
    rng = np.random.default_rng(1)
    wrong = 0
    for _ in range(1500):
        scores = (rng.random((6, 32)) < 0.4).astype(float)
        scores[int(scores[:, :8].sum(1).argmin()), 8:] = np.nan
        wrong += any(
            decide(scores[:, :n], int(np.nanmean(scores[:, :n], 1).argmax()), 0.05).decided for n in (8, 16, 32)
        )
    assert wrong / 1500 <= 0.05


def test_the_error_level_is_shared_by_the_strategies() -> None:
    """Two equal strategies: a wrong decision for either of them counts, so each may use only its share of α."""
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(1500):
        scores = (rng.random((2, 200)) < 0.5).astype(float)
        wrong += any(decide(scores, best, 0.3).decided for best in (0, 1))
    assert wrong / 1500 <= 0.3


def test_a_clear_winner_is_decided_and_needs_no_more() -> None:
    decision = decide(np.array([[1.0] * 20, [0.0] * 20, [0.0] * 20]), 0, 0.05)
    assert decision.decided and decision.more_samples is None


def test_the_number_of_further_samples_is_estimated_from_the_growth_so_far() -> None:
    scores = np.array([[1.0, 1, 1, 0] * 5, [1.0, 0, 0, 0] * 5])
    short = decide(scores, 0, 0.001)
    assert not short.decided and short.more_samples is not None
    longer = np.tile(scores, 1 + -(-short.more_samples // 20))
    assert decide(longer, 0, 0.001).decided
    assert decide(np.array([[1.0, 0] * 9, [0.0, 1] * 9]), 0, 0.05).more_samples is None


def test_only_samples_that_both_answered_are_paired() -> None:
    scores = np.array([[1, 1, np.nan, 0], [0, np.nan, 1, 1]])
    assert paired_differences(scores, 0, 1).tolist() == [1.0, -1.0]
    assert decide(scores[:1], 0, 0.05).decided
