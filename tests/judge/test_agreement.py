"""Agreement of grades, and the result of comparing pairs."""

from __future__ import annotations

import pytest

from orca_local.judge.agreement import count_pairs, measure_agreement, quadratic_kappa


def test_agreement_counts_equal_and_near_grades() -> None:
    found = measure_agreement([1, 2, 3, 4, 5], [1, 3, 3, 2, 5])
    assert found is not None
    assert (found.n, found.exact, found.within_one) == (5, 0.6, 0.8)
    assert found.mean_difference == pytest.approx(-0.2)
    assert found.exact_ci[0] < 0.6 < found.exact_ci[1] and found.within_one_ci[1] <= 1


def test_without_grades_there_is_no_agreement() -> None:
    assert measure_agreement([], []) is None


def test_kappa_is_the_share_of_squared_distances() -> None:
    # One pair a grade apart, one two apart: the mean squared distance is (1 + 1 + 4) / 6.
    user, judge = [1, 2, 3, 4, 5, 5], [1, 3, 3, 3, 5, 3]
    expected = sum((one - other) ** 2 for one in user for other in judge) / 36
    assert quadratic_kappa(user, judge) == pytest.approx(1 - 1.0 / expected)


@pytest.mark.parametrize(
    ("user", "judge", "kappa"), [([1, 5], [1, 5], 1.0), ([1, 5], [5, 1], -1.0), ([3, 3], [3, 3], None)]
)
def test_kappa_at_its_ends(user: list[int], judge: list[int], kappa: float | None) -> None:
    assert quadratic_kappa(user, judge) == kappa


def test_a_pair_counts_only_if_both_orders_agree() -> None:
    choices = [("B", "A"), ("A", "B"), ("A", "A"), ("tie", "tie"), ("tie", "A"), ("B", None), (None, None)]
    found = count_pairs(choices, "base", "tuned", 2)  # type: ignore[arg-type]
    assert (found.wins, found.losses, found.ties, found.disagreed) == (1, 1, 3, 2)
    assert (found.n, found.undecided, found.not_asked, found.win_rate) == (5, 2, 2, 0.5)
    assert found.ci is not None and found.ci[0] < 0.5 < found.ci[1]


def test_without_a_decided_pair_there_is_no_rate() -> None:
    found = count_pairs([(None, "A")], "base", "tuned", 0)
    assert (found.n, found.win_rate, found.ci) == (0, None, None)
    assert "no pair was decided" in found.describe()
