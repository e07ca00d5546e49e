"""Reads stored answers again where an earlier version of the scorer read them. No text is generated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from orca_local.domain.frozen import Frozen
from orca_local.domain.text import counted
from orca_local.domain.types import Sample
from orca_local.kinds.scoring import NOT_SCORED, SCORER_VERSION, Score, is_scored, score, verify
from orca_local.kinds.verdict import Verdict
from orca_local.store.measurements import StoredAnswer
from orca_local.store.store import Store

BIG = 2_000
"""From this number of answers on, progress is shown."""

MAX_SHOWN = 10
"""How many tasks are named, at most."""
PROGRESS_LINES = 10
"""How many lines the progress has."""

T = TypeVar("T")
Report = Callable[[str], None]
"""Shows one line to the user."""


class MovedTask(Frozen):
    """A task whose accuracy changed when its answers were read again."""

    task: str
    before: float
    """Mean score of all its stored answers by the earlier version."""
    after: float
    """Mean score of the same answers by this version."""


class Rescored(Frozen):
    """What reading stored answers again changed."""

    answers: int
    """Number of answers of the student and of evaluated models that were read again."""
    total: int
    """Number of stored ones."""
    tasks: int
    """Number of tasks that have such answers."""
    moved: tuple[MovedTask, ...]
    demonstrations: int
    """Number of teacher answers that were compared again."""
    changed_verdicts: int

    def lines(self) -> Iterator[str]:
        """What changed, in sentences; of many tasks, those whose accuracy moved most."""
        if self.answers:
            yield (
                f"{self.answers:,} of {self.total:,} stored answers were read again by a newer version: accuracy moved "
                f"in {len(self.moved)} of {self.tasks} tasks"
            )
            for row in sorted(self.moved, key=lambda row: -abs(row.after - row.before))[:MAX_SHOWN]:
                yield f"  {row.task}: {100 * row.before:.1f} % → {100 * row.after:.1f} %"
            if len(self.moved) > MAX_SHOWN:
                yield f"  … and {len(self.moved) - MAX_SHOWN} more"
        if self.demonstrations:
            yield (
                f"{counted(self.demonstrations, 'teacher answer')} {'was' if self.demonstrations == 1 else 'were'} "
                f"compared again by a newer version: the result changed for {self.changed_verdicts:,}"
            )


def ensure_scores(store: Store, report: Report = lambda line: None) -> Rescored | None:
    """Bring the scores and verdicts of the store to this version; returns what changed, None if nothing was old.

    Scores of earlier versions stay. Answers that were reviewed keep their verdict. In a read-only workspace, only the
    private copy of the database changes.
    """
    answers = store.measurements.outdated(SCORER_VERSION)
    demonstrations = store.demonstrations.outdated(SCORER_VERSION)
    if not answers and not demonstrations:
        return None
    count = len(answers) + len(demonstrations)
    if count >= BIG:
        report(f"reading {count:,} stored answers again, because this version reads answers better")
    samples = {sample.id: sample for sample in store.samples.list()}
    progress = _Progress(count, report)
    scores = [(answer, _score(samples[answer.sample_id], answer)) for answer in progress.over(answers)]
    verdicts = [(row, verify(samples[row.sample_id], row.text)) for row in progress.over(demonstrations)]
    before = store.measurements.accuracy_by_task()
    # Scored outside the transaction, so that other processes wait for the writes alone.
    with store.writing_to_copy(), store.transaction(durable=False):
        for answer, new in scores:
            store.measurements.set_score(answer.generation_key, answer.sample_id, new)
        for row, verdict in verdicts:
            store.demonstrations.set_verdict(row.demonstration_id, verdict, SCORER_VERSION)
    after = store.measurements.accuracy_by_task()
    moved = [MovedTask(task, before[task], value) for task, value in after.items() if round(before[task] - value, 6)]
    changed = sum(Verdict(row.verdict).verified != verdict.verified for row, verdict in verdicts)
    total = store.measurements.count_scored()
    return Rescored(len(scores), total, len(after), tuple(moved), len(verdicts), changed)


def _score(sample: Sample, answer: StoredAnswer) -> Score:
    return score(sample, answer.completion) if is_scored(sample) else NOT_SCORED


class _Progress:
    """Reports every tenth part of the work, if there is much of it."""

    def __init__(self, total: int, report: Report) -> None:
        self._total, self._report = total, report
        self._done = 0

    def over(self, items: Sequence[T]) -> Iterator[T]:
        """Yield the items, and count them."""
        for item in items:
            yield item
            self._done += 1
            if self._total >= BIG and self._done % (self._total // PROGRESS_LINES) == 0:
                self._report(f"  {self._done:,} of {self._total:,}")
