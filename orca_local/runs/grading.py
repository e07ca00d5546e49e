"""What a stage asks of a judge."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from orca_local.domain.events import Event, StageProgressed, Warned
from orca_local.domain.frozen import Frozen
from orca_local.domain.judge_summary import (
    Agreement,
    GradeCounts,
    JudgeCheck,
    Judged,
    JudgeEstimate,
    PairCounts,
)
from orca_local.domain.stages import JUDGE
from orca_local.domain.types import Sample
from orca_local.runs.context import StageContext
from orca_local.runs.summaries import iter_summaries
from orca_local.store.store import Store

T = TypeVar("T")


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


def agreement_of(store: Store, key: str) -> Agreement | None:
    """How far the judge with this key agreed with the user in the newest check; None if it was not checked."""
    checks = (check for check in iter_summaries(store, JUDGE, JudgeCheck) if check.key == key)
    return next((check.agreement for check in checks if check.agreement is not None), None)


def judge_lines(store: Store, judged: Judged | None) -> list[str]:
    """Which judge gave the scores, how far it agrees with the user, and what it chose, in sentences."""
    if judged is None:
        return []
    agreement = agreement_of(store, judged.key)
    checked = "not checked: `orca-local judge check` compares it with your own grades"
    lines = [
        f"open answers are scored by a judge, {judged.judge} (grades 1 to 5 as scores 0 to 1): "
        f"{judged.counts.describe()}",
        f"agreement of the judge with the user: {checked if agreement is None else agreement.describe()}",
    ]
    lines += [f"answers compared in both orders: {judged.pairs.describe()}"] if judged.pairs is not None else []
    lines += [f"cost of the judge: ${judged.cost_usd:.4f} in this run"] if judged.cost_usd else []
    return lines


def in_stage(events: Generator[Event, None, T], done: int) -> Generator[Event, None, T]:
    """Yield a judge's events, with the stage's own number of finished units in its progress."""
    try:
        while True:
            event = next(events)
            yield replace(event, done=done) if isinstance(event, StageProgressed) else event
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        events.close()


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
