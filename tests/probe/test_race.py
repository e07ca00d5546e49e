"""The race: who leaves, when it ends, and what it costs against the grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.probe.race import Pool, Standing, _normal_cdf, pool, rounds, stand
from orca_local.probe.selection_gain import worth

COSTS = np.array([10.0, 30, 60])
NO_PRIOR = Pool(np.zeros(3), 0.1**2, 0.2)


def table(*right: int, n: int = 12) -> np.ndarray:
    return np.array([[float(i < r) for i in range(n)] for r in right])


def judge(
    scores: np.ndarray, alive: tuple[bool, ...] = (True,) * 3, prior: Pool = NO_PRIOR, *, last: bool = False
) -> Standing:
    return stand(scores, COSTS, alive, prior, 0.015, last=last)


@given(st.integers(1, 200))
def test_rounds_grow_to_the_limit(limit: int) -> None:
    found = rounds(limit)
    assert found[-1] == limit and found == sorted(set(found))


def test_what_is_far_behind_leaves() -> None:
    found = judge(table(1, 11, 10))
    assert (found.leader, found.alive, found.done) == (1, (False, True, True), False)


def test_a_clear_winner_ends_the_race() -> None:
    found = judge(table(0, 0, 12))
    assert (found.leader, found.alive, found.done) == (2, (False, False, True), True)
    assert found.probability_best > 0.99 and found.loss_bound == 0.0


def test_a_tie_goes_to_the_cheaper() -> None:
    assert judge(table(6, 6, 6)).leader == 0
    assert judge(table(0, 0, 0)).leader == 0


def test_a_tie_with_a_firm_prior_ends_early() -> None:
    firm = Pool(np.zeros(3), 0.02**2, 0.2)
    assert judge(table(6, 6, 6), prior=firm).done
    assert not judge(table(6, 6, 6)).done


def test_what_other_tasks_say_counts_where_there_is_little_else() -> None:
    prior = Pool(np.array([-0.1, 0.0, 0.1]), 0.03**2, 0.2)
    assert judge(table(3, 3, 3, n=6), prior=prior).leader == 2


def test_one_that_left_is_compared_on_what_it_answered() -> None:
    scores = table(2, 10, 9)
    scores[0, 6:] = np.nan
    found = judge(scores, (False, True, True), last=True)
    assert found.done and found.leader in (1, 2) and found.probability_best < 1


def test_nothing_in_common_ends_with_the_cheapest() -> None:
    scores = np.array([[1.0, np.nan], [np.nan, 1.0], [np.nan, np.nan]])
    found = judge(scores, (True, True, False))
    assert (found.leader, found.done, found.loss_bound) == (0, True, 1.0)


def test_a_pool_finds_the_effects_that_tasks_share() -> None:
    rng = np.random.default_rng(0)
    effects = np.array([-0.1, 0.0, 0.1])
    tasks = [(rng.random((3, 16)) < 0.5 + effects[:, None]).astype(float) for _ in range(400)]
    found = pool(tasks)
    assert found.effects == pytest.approx(effects, abs=0.02)
    assert found.spread < 0.04**2 and found.noise == pytest.approx(0.24, abs=0.02)


def test_probabilities_are_those_of_a_draw() -> None:
    z = np.linspace(-4, 4, 81)
    from statistics import NormalDist

    assert _normal_cdf(z) == pytest.approx([NormalDist().cdf(x) for x in z], abs=2e-7)
    assert judge(table(6, 6, 6)).probability_best == pytest.approx(1 / 3, abs=0.01)


def test_worth_is_nothing_where_one_strategy_is_best_everywhere() -> None:
    rng = np.random.default_rng(0)
    same = [(rng.random((3, 16)) < np.array([[0.2], [0.4], [0.6]])).astype(float) for _ in range(100)]
    found = worth([("number", x) for x in same])
    assert found is not None and found.single == 2
    assert abs(found.value) < 0.03 and found.ci[0] <= 0


def test_worth_is_seen_where_tasks_differ_and_noise_is_not_taken_for_it() -> None:
    rng = np.random.default_rng(1)
    differ = [(rng.random((3, 16)) < np.roll([0.2, 0.2, 0.8], i)[:, None]).astype(float) for i in range(90)]
    found = worth([("number", x) for x in differ])
    assert found is not None and found.ci[0] > 0.2 and "is worth" in found.sentence("steps")
    noise = [(rng.random((3, 16)) < 0.5).astype(float) for _ in range(300)]
    found = worth([("number", x) for x in noise])
    assert found is not None and found.ci[0] < 0 < found.ci[1]
    assert worth([("number", differ[0])]) is None
