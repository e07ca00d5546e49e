"""How far two sets of grades of the same answers agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orca_local.domain.judge_summary import HIGHEST, LOWEST, Agreement, PairCounts
from orca_local.domain.statistics import accuracy_interval
from orca_local.judge.prompts import Choice

Choices = tuple[Choice | None, Choice | None]
"""The choices about one pair of answers, in both orders; None where the judge made none in the asked form."""


def measure_agreement(user: Sequence[int], judge: Sequence[int]) -> Agreement | None:
    """Return how far a judge's grades agree with a user's, by answer; None without any."""
    n = len(user)
    if not n:
        return None
    gaps = [theirs - ours for ours, theirs in zip(user, judge, strict=True)]
    exact, near = sum(gap == 0 for gap in gaps), sum(abs(gap) <= 1 for gap in gaps)
    return Agreement(
        n=n,
        exact=exact / n,
        exact_ci=accuracy_interval(exact, n),
        within_one=near / n,
        within_one_ci=accuracy_interval(near, n),
        kappa=quadratic_kappa(user, judge),
        mean_difference=sum(gaps) / n,
    )


def quadratic_kappa(first: Sequence[int], second: Sequence[int]) -> float | None:
    """Return Cohen's weighted kappa with quadratic weights; None where both give one and the same grade throughout.

    Cohen 1968, Psychological Bulletin 70:213: 1 − Σ w·observed / Σ w·expected, with w = (i − j)² and the product of the
    marginal shares as the expected ones.
    """
    size = HIGHEST - LOWEST + 1
    observed = np.zeros((size, size))
    for one, other in zip(first, second, strict=True):
        observed[one - LOWEST, other - LOWEST] += 1
    observed /= observed.sum()
    weights = np.subtract.outer(np.arange(size), np.arange(size)) ** 2
    expected = float((weights * np.outer(observed.sum(axis=1), observed.sum(axis=0))).sum())
    return None if expected == 0 else 1 - float((weights * observed).sum()) / expected


def count_pairs(choices: Sequence[Choices], first: str, second: str, not_asked: int) -> PairCounts:
    """Return the result of comparing pairs in both orders.

    Each entry has the choice with `first`'s answer as A, and the one with it as B. A pair counts for a model only if
    both choices are for it; otherwise it is a tie. A pair without a choice in either order is left out.
    """
    winners = [(_winner(one, is_swapped=False), _winner(other, is_swapped=True)) for one, other in choices]
    decided = [pair for pair in winners if None not in pair]
    wins, losses = decided.count(("second", "second")), decided.count(("first", "first"))
    n = len(decided)
    ties = n - wins - losses
    score = wins + ties / 2
    return PairCounts(
        first=first,
        second=second,
        n=n,
        wins=wins,
        losses=losses,
        ties=ties,
        disagreed=sum(one != other for one, other in decided),
        undecided=len(winners) - n,
        not_asked=not_asked,
        win_rate=score / n if n else None,
        ci=accuracy_interval(score, n) if n else None,
    )


def _winner(choice: Choice | None, *, is_swapped: bool) -> str | None:
    if choice is None or choice == "tie":
        return choice
    return "first" if (choice == "A") != is_swapped else "second"
