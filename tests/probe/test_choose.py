"""Which strategy a task gets, and how sure that is."""

from __future__ import annotations

import pytest

from orca_local.probe.choose import Cell, choose

ORDER = ("direct", "recall", "steps")


def cell(strategy: str, right: float, n: int = 20, tokens: int = 200) -> Cell:
    return Cell(strategy, n, right, n, tokens)


def test_the_highest_accuracy_wins() -> None:
    choice = choose([cell("direct", 3), cell("recall", 12), cell("steps", 9)], ORDER, 0.05)
    assert choice is not None
    assert choice.cell.strategy == "recall"
    assert not choice.decided
    assert choice.reason == (
        "recall scores highest with 60 % on 20 samples, but too few samples set it apart from 1 other, "
        "first steps with 45 %"
    )


def test_it_is_decided_where_the_intervals_are_apart() -> None:
    choice = choose([cell("direct", 2), cell("recall", 3), cell("steps", 18)], ORDER, 0.05)
    assert choice is not None
    assert (choice.cell.strategy, choice.decided) == ("steps", True)
    assert choice.reason.startswith("steps scores 90 % on 20 samples (95 % interval 70 % to 97 %), clear of recall")


def test_a_smaller_alpha_decides_less() -> None:
    cells = [cell("direct", 4), cell("steps", 12)]
    decided = {alpha: choice.decided for alpha in (0.2, 0.001) if (choice := choose(cells, ORDER, alpha))}
    assert decided == {0.2: True, 0.001: False}


def test_a_tie_goes_to_the_cheaper() -> None:
    choice = choose([cell("direct", 9, tokens=300), cell("steps", 9, tokens=200)], ORDER, 0.05)
    assert choice is not None
    assert (choice.cell.strategy, choice.decided) == ("steps", False)
    assert choice.reason == (
        "steps and direct both score 45 % on 20 samples; the first takes 10 tokens an answer against 15"
    )


def test_a_tie_in_cost_too_goes_to_the_first_in_order() -> None:
    for cells in ([cell("direct", 9), cell("steps", 9)], [cell("steps", 9), cell("direct", 9)]):
        choice = choose(cells, ORDER, 0.05)
        assert choice is not None
        assert choice.cell.strategy == "direct"


def test_sums_that_differ_by_rounding_are_a_tie() -> None:
    choice = choose([cell("direct", 0.1 + 0.2, tokens=9), cell("steps", 0.3, tokens=8)], ORDER, 0.05)
    assert choice is not None
    assert choice.cell.strategy == "steps"


def test_where_nothing_is_right_the_cheapest_is_taken() -> None:
    choice = choose([cell("direct", 0, tokens=60), cell("steps", 0, tokens=900)], ORDER, 0.05)
    assert choice is not None
    assert (choice.cell.strategy, choice.decided) == ("direct", False)
    assert choice.reason == "no strategy got an answer right on 20 samples; direct is the cheapest (3 tokens)"


def test_the_accuracy_counts_and_not_the_sum() -> None:
    choice = choose([cell("direct", 9, n=10), cell("steps", 12, n=20)], ORDER, 0.05)
    assert choice is not None
    assert choice.cell.strategy == "direct"


def test_a_strategy_without_samples_is_never_chosen() -> None:
    choice = choose([cell("direct", 0, n=0, tokens=0), cell("steps", 0, n=1)], ORDER, 0.05)
    assert choice is not None
    assert choice.cell.strategy == "steps"
    assert choice.reason == "steps is the only strategy measured: 0 % on 1 sample"
    assert choose([cell("direct", 0, n=0)], ORDER, 0.05) is None


@pytest.mark.parametrize("n", [1, 5, 50])
def test_equal_cells_are_never_decided(n: int) -> None:
    choice = choose([cell("direct", n, n=n), cell("steps", n, n=n)], ORDER, 0.05)
    assert choice is not None
    assert not choice.decided
