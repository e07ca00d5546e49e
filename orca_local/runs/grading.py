"""What a stage asks of a judge."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Protocol

from orca_local.domain.events import Event, Warned
from orca_local.domain.frozen import Frozen
from orca_local.domain.judge_summary import GradeCounts, Judged, JudgeEstimate, PairCounts
from orca_local.domain.types import Sample
from orca_local.runs.context import StageContext


class AnswerToGrade(Frozen):
    """A generation that answers a sample."""

    sample: Sample
    generation_key: str
    text: str


class PairToCompare(Frozen):
    """The answers of two models to one sample."""

    sample: Sample
    first: str
    second: str


class Grader(Protocol):
    """Grades answers that no rule can score."""

    compares: bool
    """Whether it also compares the answers of two models."""

    def takes(self, sample: Sample) -> bool:
        """Whether answers to this sample are graded."""

    def estimate(self, samples: Sequence[Sample], answers: int, pairs: int, answer_tokens: int) -> JudgeEstimate:
        """What grading takes at most: `answers` grades and `pairs` comparisons in both orders for each sample."""

    def grade(self, context: StageContext, answers: Sequence[AnswerToGrade]) -> Generator[Event, None, GradeCounts]:
        """Grade the answers and store their scores. Stored grades are not asked for again."""

    def compare(
        self, context: StageContext, pairs: Sequence[PairToCompare], first: str, second: str
    ) -> Generator[Event, None, PairCounts]:
        """Compare the answers of the models `first` and `second`, each pair in both orders."""

    def summarize(self, counts: GradeCounts, pairs: PairCounts | None = None) -> Judged:
        """What the judge did in this run."""


def warn_about(counts: GradeCounts, command: str) -> Iterator[Warned]:
    """Say how many answers have no score, and what to do about it. `command` grades what is missing."""
    if counts.ungraded:
        yield Warned(
            f"{counts.describe()}: what the judge did not grade has no score",
            hint="name a judge that keeps to the form, or raise judge.max_tokens; "
            "`orca-local judge check` shows how far it agrees with you",
        )
    if counts.not_asked:
        yield Warned(
            f"{counts.describe()}: what is not graded yet has no score",
            hint=f"run `{command}` again: only what is missing is asked about",
        )
