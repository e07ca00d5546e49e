"""What a judge said: its grades, its choices between two answers, and how far it agrees with the user."""

from __future__ import annotations

from dataclasses import field

from orca_local.domain.figures import interval
from orca_local.domain.record import CI, OMITTABLE, Record
from orca_local.domain.text import counted

LOWEST, HIGHEST = 1, 5
"""Ends of the scale of grades."""


def grade_score(grade: int) -> float:
    """The score of a grade: 1 gives 0, and 5 gives 1."""
    return (grade - LOWEST) / (HIGHEST - LOWEST)


class Agreement(Record):
    """How far a judge agrees with grades that the user gave to the same answers."""

    n: int
    """Number of answers that both graded."""
    exact: float
    """Share of answers with the same grade."""
    exact_ci: CI
    """95 % interval of `exact` over answers like these."""
    within_one: float
    """Share of answers whose grades differ by at most 1."""
    within_one_ci: CI
    """95 % interval of `within_one`."""
    kappa: float | None
    """Quadratic weighted kappa (Cohen 1968): 1 is full agreement, 0 is that of chance; null where each gave one grade
    throughout."""
    mean_difference: float
    """Mean of the judge's grades minus the user's: above 0 if the judge is milder."""

    def describe(self) -> str:
        """The figures in one sentence."""
        kappa = "not defined" if self.kappa is None else f"{self.kappa:.2f}"
        return (
            f"same grade for {100 * self.exact:.0f} % {interval(self.exact_ci)} of {counted(self.n, 'answer')} that "
            f"the user graded, within one for {100 * self.within_one:.0f} % {interval(self.within_one_ci)}, quadratic "
            f"weighted kappa {kappa}"
        )


class GradeCounts(Record):
    """Number of answers by what the judge made of them."""

    graded: int
    """Answers with a grade."""
    ungraded: int
    """Answers about which the judge wrote no grade in the asked form. They have no score."""
    not_asked: int
    """Answers that the judge was not asked about, because of a limit, a failure or `--offline`. They have no score
    yet: run the command again."""

    @property
    def total(self) -> int:
        """Number of answers."""
        return self.graded + self.ungraded + self.not_asked

    def __add__(self, other: GradeCounts) -> GradeCounts:
        """The sum of two parts of a stage."""
        return GradeCounts(self.graded + other.graded, self.ungraded + other.ungraded, self.not_asked + other.not_asked)

    def describe(self) -> str:
        """The counts in words."""
        parts = [f"{self.graded:,} of {counted(self.total, 'answer')} graded"]
        parts += [f"{self.ungraded:,} without a grade in the asked form"] if self.ungraded else []
        parts += [f"{self.not_asked:,} not asked about yet"] if self.not_asked else []
        return ", ".join(parts)


class PairCounts(Record):
    """The judge's choices between the answers of two models, each pair in both orders."""

    first: str
    """Name of the one model."""
    second: str
    """Name of the other model, whose win rate it is."""
    n: int
    """Number of pairs with a choice in both orders."""
    wins: int
    """Pairs in which the second model's answer was chosen in both orders."""
    losses: int
    """Pairs in which the first model's answer was chosen in both orders."""
    ties: int
    """All other pairs: the judge called them equal, or the orders disagree."""
    disagreed: int
    """Those of the ties in which the orders disagree."""
    undecided: int
    """Pairs without a choice in the asked form. They are left out of `n`."""
    not_asked: int
    """Pairs that the judge was not asked about, because of a limit, a failure or `--offline`."""
    win_rate: float | None
    """Wins and half of the ties, as a share of `n`; null without pairs."""
    ci: CI | None
    """95 % interval of the win rate over new samples of these tasks."""

    def describe(self) -> str:
        """The result in one sentence."""
        if self.win_rate is None or self.ci is None:
            return f"{self.second} against {self.first}: no pair was decided"
        return (
            f"{self.second} wins {100 * self.win_rate:.0f} % {interval(self.ci)} against {self.first}: {self.wins} "
            f"won, {self.losses} lost, {counted(self.ties, 'tie')} ({self.disagreed} because the two orders disagree)"
            f", n = {self.n}" + (f"; {self.undecided} undecided" if self.undecided else "")
        )


class Judged(Record):
    """Where scores come from a judge: which one, how many answers it graded, and how far it can be believed."""

    judge: str
    """Model and endpoint of the judge, or its file."""
    key: str
    """Hash of the judge and of the settings that change its grades; `judge check` has the same."""
    counts: GradeCounts
    """Number of answers by what the judge made of them."""
    cost_usd: float | None = None
    """Cost of the judge's calls in this run; null if no price is known."""
    spent_usd: float | None = None
    """Cost of all calls of the judge in this workspace; null if no price is known."""
    pairs: PairCounts | None = field(default=None, metadata=OMITTABLE)
    """The choices between base and tuned; in an evaluation of both."""


class CheckedAnswer(Record):
    """One answer that the user and the judge graded."""

    prompt: str
    """The prompt."""
    answer: str
    """The answer."""
    user: int
    """The user's grade, from 1 to 5."""
    judge: int | None
    """The judge's grade; null if it gave none in the asked form, or was not asked."""


class JudgeCheck(Record):
    """Result of `judge check`."""

    run_id: int
    """Number of the run."""
    judge: str
    """Model and endpoint of the judge, or its file."""
    key: str
    """Hash of the judge and of the settings that change its grades."""
    counts: GradeCounts
    """Number of answers by what the judge made of them."""
    agreement: Agreement | None
    """How far the grades agree; null if the judge graded none."""
    cost_usd: float | None
    """Cost of this run; null if no price is known."""
    seconds: float
    """Duration of the run."""
    answers: tuple[CheckedAnswer, ...] = ()
    """The answers with both grades."""


class JudgeEstimate(Record):
    """What the judge's calls will take, before any is made."""

    judge: str
    """Model and endpoint of the judge, or its file."""
    answers: int
    """Most answers to grade, and pairs to compare in one order, that the judge can be asked about."""
    usd: float | None
    """Expected cost in US dollars; null if no price is known."""
    at_most_usd: float | None
    """Maximum cost in US dollars, with the longest answers; null if no price is known."""
    limit: str = ""
    """The limits that the calls stop at, in words; empty without any."""

    def describe(self) -> str:
        """The estimate in one sentence."""
        if self.usd is None or self.at_most_usd is None:
            cost = "the price is unknown: add it to prices.toml"
        elif not self.at_most_usd:
            cost = "at no cost"
        else:
            cost = f"about ${self.usd:.4f}, never more than ${self.at_most_usd:.4f}"
        limit = f"; {self.limit}" if self.limit else ""
        return f"the judge, {self.judge}, is asked at most {counted(self.answers, 'time')}: {cost}{limit}"


class JudgePlan(Record):
    """Result of `judge estimate`."""

    probe: JudgeEstimate | None
    """For the next probe, if no strategy is dropped early; null if it grades nothing."""
    evaluate: JudgeEstimate | None
    """For the next evaluation of base and tuned; null if it grades nothing."""
