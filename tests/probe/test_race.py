"""The race: which strategies are dropped, and when a task ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.probe.race import Prior, RaceState, _normal_cdf, fit_prior, judge_round, round_ends
from orca_local.probe.selection_gain import selection_gain

COSTS = np.array([10.0, 30, 60])
STRATEGIES = ("a", "b", "c")
NO_PRIOR = Prior(np.zeros(3), 0.1**2, 0.2)


def table(*right: int, n: int = 12) -> np.ndarray:
    return np.array([[float(i < r) for i in range(n)] for r in right])


def judge(
    scores: np.ndarray, active: tuple[bool, ...] = (True,) * 3, prior: Prior = NO_PRIOR, *, last: bool = False
) -> RaceState:
    return judge_round(scores, COSTS, active, prior, 0.015, last=last)


@given(st.integers(1, 200))
def test_rounds_grow_to_the_limit(limit: int) -> None:
    ends = round_ends(limit)
    assert ends[-1] == limit and ends == sorted(set(ends))


def test_a_strategy_that_is_far_behind_is_dropped() -> None:
    state = judge(table(1, 11, 10))
    assert (state.leader, state.active, state.done) == (1, (False, True, True), False)


def test_a_clear_winner_ends_the_race() -> None:
    state = judge(table(0, 0, 12))
    assert (state.leader, state.active, state.done) == (2, (False, False, True), True)
    assert state.probability_best > 0.99 and state.loss_bound == 0.0


def test_a_tie_goes_to_the_cheaper() -> None:
    assert judge(table(6, 6, 6)).leader == 0
    assert judge(table(0, 0, 0)).leader == 0


def test_a_tie_with_a_firm_prior_ends_early() -> None:
    firm = Prior(np.zeros(3), 0.02**2, 0.2)
    assert judge(table(6, 6, 6), prior=firm).done
    assert not judge(table(6, 6, 6)).done


def test_other_tasks_decide_where_samples_are_few() -> None:
    prior = Prior(np.array([-0.1, 0.0, 0.1]), 0.03**2, 0.2)
    assert judge(table(3, 3, 3, n=6), prior=prior).leader == 2


def test_a_dropped_strategy_is_compared_on_the_samples_that_it_answered() -> None:
    scores = table(2, 10, 9)
    scores[0, 6:] = np.nan
    state = judge(scores, (False, True, True), last=True)
    assert state.done and state.leader in (1, 2) and state.probability_best < 1


def test_without_common_samples_the_cheapest_strategy_leads() -> None:
    scores = np.array([[1.0, np.nan], [np.nan, 1.0], [np.nan, np.nan]])
    state = judge(scores, (True, True, False))
    assert (state.leader, state.done, state.loss_bound) == (0, True, 1.0)


def test_the_prior_has_the_effects_that_tasks_share() -> None:
    rng = np.random.default_rng(0)
    effects = np.array([-0.1, 0.0, 0.1])
    tasks = [(rng.random((3, 16)) < 0.5 + effects[:, None]).astype(float) for _ in range(400)]
    prior = fit_prior(tasks)
    assert prior.effects == pytest.approx(effects, abs=0.02)
    assert prior.effect_variance < 0.04**2 and prior.noise_variance == pytest.approx(0.24, abs=0.02)


def test_probabilities_are_those_of_a_draw() -> None:
    z = np.linspace(-4, 4, 81)
    from statistics import NormalDist

    assert _normal_cdf(z) == pytest.approx([NormalDist().cdf(x) for x in z], abs=2e-7)
    assert judge(table(6, 6, 6)).probability_best == pytest.approx(1 / 3, abs=0.01)


def test_choosing_per_task_gains_nothing_if_one_strategy_is_best_everywhere() -> None:
    rng = np.random.default_rng(0)
    same = [(rng.random((3, 16)) < np.array([[0.2], [0.4], [0.6]])).astype(float) for _ in range(100)]
    gain = selection_gain([("number", x) for x in same], STRATEGIES)
    assert gain is not None and gain.single_strategy == "c"
    assert abs(gain.value) < 0.03 and gain.ci[0] <= 0


def test_choosing_per_task_gains_where_tasks_differ_and_not_from_noise() -> None:
    rng = np.random.default_rng(1)
    differ = [(rng.random((3, 16)) < np.roll([0.2, 0.2, 0.8], i)[:, None]).astype(float) for i in range(90)]
    gain = selection_gain([("number", x) for x in differ], STRATEGIES)
    assert gain is not None and gain.ci[0] > 0.2 and "choosing per task gains" in gain.reason
    noise = [(rng.random((3, 16)) < 0.5).astype(float) for _ in range(300)]
    gain = selection_gain([("number", x) for x in noise], STRATEGIES)
    assert gain is not None and gain.ci[0] < 0 < gain.ci[1]
    assert selection_gain([("number", differ[0])], STRATEGIES) is None
