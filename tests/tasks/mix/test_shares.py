from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.tasks.mix.shares import divide, divide_evenly, in_random_order, shuffled

COUNTS = st.lists(st.integers(0, 2000), max_size=8)


@given(st.integers(0, 3000), COUNTS)
def test_shares_are_in_proportion_and_sum_to_the_total(total: int, weights: list[int]) -> None:
    shares = divide(total, weights)
    assert sum(shares) == (total if any(weights) else 0)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - total * weight / max(1, sum(weights))) < 1


@given(st.integers(0, 3000), COUNTS)
def test_even_shares_keep_to_their_limits(total: int, limits: list[int]) -> None:
    shares = divide_evenly(total, limits)
    assert sum(shares) == min(total, sum(limits))
    assert all(share <= limit for share, limit in zip(shares, limits, strict=True))
    free = [share for share, limit in zip(shares, limits, strict=True) if share < limit]
    assert not free or max(shares) - min(free) <= 1


def test_the_tasks_of_orca2_at_fifteen_hundred() -> None:
    assert divide(1493, [1560, 193, 142, 18]) == [1217, 151, 111, 14]


def test_a_seed_gives_the_same_choice_everywhere() -> None:
    assert in_random_order(0, "abcd") == in_random_order(0, "dcba") == ["d", "c", "a", "b"]
    assert in_random_order(1, "abcd") != ["d", "c", "a", "b"]
    assert sorted(shuffled(0, "x", 10)[:3]) == [0, 3, 9]
    assert shuffled(0, "x", 10) != shuffled(0, "y", 10) != shuffled(1, "y", 10)
    assert sorted(shuffled(0, "x", 10)) == list(range(10))


@pytest.mark.parametrize("name", ["caf\u00e9", "\ud800", ""])
def test_any_name_has_a_place(name: str) -> None:
    assert len(shuffled(0, name, 5)) == 5
