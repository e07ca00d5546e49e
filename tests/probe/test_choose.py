"""The choice of a strategy, and how certain it is."""

from __future__ import annotations

import numpy as np
import pytest

from orca_local.domain.cell import Cell
from orca_local.probe.choose import Choice, best_measured, make_choice
from orca_local.probe.race import RaceState
from orca_local.probe.sequential_test import Scores

NAMES = ("direct", "recall", "steps")
COSTS = (10, 20, 30)


def table(*right: float, n: int = 20) -> Scores:
    """Scores of shape [strategies, n]: each strategy gets its first `right` samples right."""
    return np.array([[float(i < r) for i in range(n)] for r in right])


def cells(scores: Scores, costs: tuple[int, ...] = COSTS) -> list[Cell]:
    return [
        Cell(name, len(row), float(row.sum()), len(row), cost * len(row))
        for name, row, cost in zip(NAMES, scores, costs, strict=False)
    ]


def choose(scores: Scores, alpha: float = 0.05, costs: tuple[int, ...] = COSTS) -> Choice:
    measured = cells(scores, costs)
    best = best_measured(measured)
    assert best is not None
    return make_choice(measured, scores, best, RaceState(best, (), True, 0.9, 0.1), alpha)


def test_the_highest_accuracy_wins_and_the_reason_names_the_next() -> None:
    choice = choose(table(3, 12, 9))
    assert (choice.cell.strategy, choice.decided) == ("recall", False)
    assert choice.reason == (
        "recall beats direct by 45 points ± 22; it scores 60 % on 20 samples and may be no better than 1 other; "
        "next is steps with 45 %, which uses 50 % more tokens; about 43 more samples should decide it"
    )


def test_a_strategy_that_beats_all_others_is_decided() -> None:
    choice = choose(table(1, 2, 19))
    assert (choice.cell.strategy, choice.decided, choice.more_samples) == ("steps", True, None)
    assert choice.reason == "steps beats every other strategy on 20 samples; the closest, recall, by 85 points ± 16"


def test_the_reason_names_a_strategy_that_is_beaten() -> None:
    choice = choose(table(1, 17, 19))
    assert choice.reason.startswith("steps beats direct by 90 points ± 13; it scores 95 % on 20 samples and may be")
    assert "1 other; next is recall with 85 %" in choice.reason


def test_a_smaller_alpha_decides_less() -> None:
    decided = {alpha: choose(table(2, 1, 14), alpha).decided for alpha in (0.2, 0.0001)}
    assert decided == {0.2: True, 0.0001: False}


def test_a_tie_goes_to_the_cheaper_then_to_the_first() -> None:
    assert best_measured(cells(table(9, 9, 9), (30, 20, 20))) == 1
    assert best_measured(cells(table(9, 9, 9), (20, 20, 20))) == 0
    assert best_measured([Cell("a", 1, 0.1 + 0.2, 1, 9), Cell("b", 1, 0.3, 1, 8)]) == 1, "rounding is a tie"


def test_the_accuracy_counts_and_not_the_sum() -> None:
    assert best_measured([Cell("a", 10, 9, 10, 10), Cell("b", 20, 12, 20, 10)]) == 0


def test_a_strategy_without_samples_is_never_best() -> None:
    assert best_measured([Cell("a", 0, 0, 0, 0), Cell("b", 1, 0, 1, 5)]) == 1
    assert best_measured([Cell("a", 0, 0, 0, 0)]) is None


def test_the_reason_says_that_no_answer_is_right() -> None:
    choice = choose(table(0, 0))
    assert (choice.cell.strategy, choice.decided, choice.more_samples) == ("direct", False, None)
    assert choice.reason == "no strategy got an answer right on 20 samples; direct uses 10 tokens per answer"


def test_the_reason_says_that_only_one_strategy_is_measured() -> None:
    assert choose(table(5)).reason == "direct is the only strategy measured: 25 % on 20 samples"


@pytest.mark.parametrize("n", [1, 5, 50])
def test_equal_cells_are_never_decided(n: int) -> None:
    assert not choose(table(n, n, n=n)).decided
