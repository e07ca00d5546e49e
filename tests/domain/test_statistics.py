"""Intervals and tests, against published figures and their own definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.domain.statistics import Interval, kl_divergences, mcnemar_exact, paired_interval, wilson


@pytest.mark.parametrize(
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_equals_published_intervals(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


def test_wilson_of_no_samples_is_everything() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize("score_sum", [-1.0, 4.0, math.nan])
def test_wilson_refuses_an_impossible_sum(score_sum: float) -> None:
    with pytest.raises(ValueError, match="impossible"):
        wilson(score_sum, 3)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.floats(0.001, 0.5))
def test_wilson_holds_the_mean_and_mirrors(scores: list[float], alpha: float) -> None:
    n, total = len(scores), math.fsum(scores)
    interval = wilson(total, n, alpha)
    assert 0.0 <= interval.low <= total / n + 1e-9
    assert total / n - 1e-9 <= interval.high <= 1.0
    mirrored = wilson(n - total, n, alpha)
    assert mirrored.low == pytest.approx(1 - interval.high, abs=1e-9)
    wider = wilson(total, n, alpha / 2)
    assert wider.low <= interval.low + 1e-12
    assert wider.high >= interval.high - 1e-12


def test_paired_interval_agrees_with_the_normal_interval() -> None:
    differences = np.repeat([1.0, 0.0, -1.0], [60, 120, 20])
    interval = paired_interval(differences)
    half = 1.96 * differences.std() / math.sqrt(len(differences))
    assert interval.low == pytest.approx(0.2 - half, abs=0.01)
    assert interval.high == pytest.approx(0.2 + half, abs=0.01)


def test_paired_interval_of_partial_scores_agrees_with_the_normal_interval() -> None:
    differences = np.random.default_rng(1).uniform(-1, 1, size=400)
    mean, interval = differences.mean(), paired_interval(differences)
    half = 1.96 * differences.std() / 20
    assert interval.low == pytest.approx(mean - half, abs=0.01)
    assert interval.high == pytest.approx(mean + half, abs=0.01)


def test_paired_interval_ignores_order() -> None:
    differences = np.array([1.0, 0.0, 0.0, -1.0, 1.0, 1.0])
    assert paired_interval(differences) == paired_interval(differences[::-1].copy())


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=90))
def test_paired_interval_stays_within_what_is_possible(values: list[float]) -> None:
    differences = np.array(values)
    interval = paired_interval(differences)
    assert -1 <= interval.low <= differences.mean() + 1e-12 and differences.mean() - 1e-12 <= interval.high <= 1
    assert interval.high > interval.low


@pytest.mark.parametrize(
    ("base_only", "tuned_only", "p"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (0, 5, 0.0625),
        (2, 8, 0.109375),
        (5, 5, 1.0),
        (1, 9, 0.021484375),
        (0, 20, 2 * 0.5**20),
    ],
)
def test_mcnemar_equals_the_binomial_test(base_only: int, tuned_only: int, p: float) -> None:
    assert mcnemar_exact(base_only, tuned_only) == p


def test_mcnemar_does_not_overflow() -> None:
    assert mcnemar_exact(0, 5000) == 0.0
    assert mcnemar_exact(10_000, 10_000) == 1.0
    # Normal approximation with continuity correction: z = (|b - c| - 1) / sqrt(b + c).
    z = (600 - 1) / math.sqrt(20_000)
    assert mcnemar_exact(9_700, 10_300) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=0.01)


def test_mcnemar_refuses_negative_counts() -> None:
    with pytest.raises(ValueError, match="negative"):
        mcnemar_exact(-1, 2)


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemar_is_symmetrical_and_falls_with_the_difference(b: int, c: int) -> None:
    p = mcnemar_exact(b, c)
    assert 0.0 < p <= 1.0
    assert p == mcnemar_exact(c, b)
    if b <= c:
        assert mcnemar_exact(b, c + 1) <= p or b == c
    k, n = min(b, c), b + c
    assert p == pytest.approx(min(1.0, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n))


@pytest.mark.parametrize("spread", [0.0, 1e-3, 1e-2, 1.0])
def test_the_divergence_is_that_of_its_definition(spread: float) -> None:
    rng = np.random.default_rng(0)
    reference = (rng.standard_normal((6, 50_000)) * 4).astype(np.float32)
    reference[:, :3] += 12 * rng.random((6, 3)).astype(np.float32)  # as in predictions: few likely tokens
    other = (reference + spread * rng.standard_normal(reference.shape)).astype(np.float32)
    divergences = kl_divergences(reference, other + np.float32(0.5))  # logits are free up to a constant
    p, q = (np.exp(x.astype(np.float64)) for x in (reference, other + np.float32(0.5)))
    p, q = p / p.sum(axis=1, keepdims=True), q / q.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(divergences, (p * np.log(p / q)).sum(axis=1), rtol=1e-6, atol=5e-8)


def test_the_divergence_of_one_from_itself_is_nothing() -> None:
    logits = np.random.default_rng(1).standard_normal((4, 1000)).astype(np.float32)
    assert not kl_divergences(logits, logits).any()
