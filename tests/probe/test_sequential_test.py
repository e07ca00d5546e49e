"""The bets: what they may never do, and what they come to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.probe.sequential_test import STAKES, capital, claim, matrix, paired

differences = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]), max_size=40).map(np.array)


@given(differences)
def test_capital_is_never_negative_and_never_falls_with_more_looks(values: np.ndarray) -> None:
    capitals = [capital(values[:n]) for n in range(len(values) + 1)]
    assert capitals == sorted(capitals) and capitals[0] == 1.0


@given(differences, st.sampled_from([-1.0, 0.0]))
def test_a_loss_gains_nothing(values: np.ndarray, worse: float) -> None:
    assert capital(np.append(values, worse)) == pytest.approx(capital(values))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2), st.floats(0, 1))
def test_no_bet_gains_on_average_where_the_first_is_no_better(means: list[float], joint: float) -> None:
    """One step of the supermartingale, exactly: E[1 + λ·d] ≤ 1 for every pair of right-or-wrong scores."""
    first, second = sorted(means)
    both = joint * first
    chances = {1: first - both, -1: second - both, 0: 1 - first - second + 2 * both}
    for stake in STAKES:
        assert sum(p * (1 + stake * d) for d, p in chances.items()) <= 1 + 1e-12


def test_claims_are_wrong_at_most_as_often_as_they_may_be() -> None:
    """Under the null every claim is wrong; looked at after every round, with one strategy leaving by its scores."""
    rng = np.random.default_rng(1)
    wrong = 0
    for _ in range(1500):
        scores = (rng.random((6, 32)) < 0.4).astype(float)
        scores[int(scores[:, :8].sum(1).argmin()), 8:] = np.nan
        wrong += any(
            claim(scores[:, :n], int(np.nanmean(scores[:, :n], 1).argmax()), 0.05).decided for n in (8, 16, 32)
        )
    assert wrong / 1500 <= 0.05


def test_the_number_of_strategies_is_paid_for() -> None:
    """Two equal ones are wrongly told apart in either direction: each way alone may only use up its share of α."""
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(1500):
        scores = (rng.random((2, 200)) < 0.5).astype(float)
        wrong += any(claim(scores, best, 0.3).decided for best in (0, 1))
    assert wrong / 1500 <= 0.3


def test_a_clear_winner_is_decided_and_needs_no_more() -> None:
    found = claim(np.array([[1.0] * 20, [0.0] * 20, [0.0] * 20]), 0, 0.05)
    assert found.decided and found.more_samples is None


def test_what_is_missing_is_foretold_from_the_growth_so_far() -> None:
    scores = np.array([[1.0, 1, 1, 0] * 5, [1.0, 0, 0, 0] * 5])
    short = claim(scores, 0, 0.001)
    assert not short.decided and short.more_samples is not None
    longer = np.tile(scores, 1 + -(-short.more_samples // 20))
    assert claim(longer, 0, 0.001).decided
    assert claim(np.array([[1.0, 0] * 9, [0.0, 1] * 9]), 0, 0.05).more_samples is None


def test_only_samples_that_both_answered_are_paired() -> None:
    scores = matrix([[1, 1, None, 0], [0, None, 1, 1]])
    assert paired(scores, 0, 1).tolist() == [1.0, -1.0]
    assert claim(scores[:1], 0, 0.05).decided
