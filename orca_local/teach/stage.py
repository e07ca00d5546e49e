"""The teach stage: ask for an answer to every training sample, with the strategy of its task.

Stored answers are never asked for again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from orca_local.domain.copy_fields import copy_fields
from orca_local.domain.endpoint_settings import CallSettings
from orca_local.domain.errors import InputError, OrcaError, RemoteError
from orca_local.domain.events import Event, StageFinished, StageStarted, Warned
from orca_local.domain.failure_summary import FailureSummary
from orca_local.domain.frozen import Frozen
from orca_local.domain.teach_summary import BatchSummary, CallTotals, TeachSummary
from orca_local.domain.types import Sample
from orca_local.kinds.verdict import in_order
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.teach.budget import Budget
from orca_local.teach.call_loop import CallCounts, CallLoop
from orca_local.teach.job import TeachJob
from orca_local.teach.ledger import Ledger
from orca_local.teach.prices import Price
from orca_local.teach.purpose import TEACHING, Purpose
from orca_local.teach.retry_plan import RetryPlan
from orca_local.teach.teacher import Question, Teacher


def teach(context: StageContext, teacher: Teacher, job: TeachJob, *, live: bool = False) -> Iterator[Event]:
    """Answer the samples of `job` with the strategies of their tasks.

    Calls that wait in a batch are repeated only with `live`. Raises `InputError` if a limit in money is set and the
    price is unknown, and `RemoteError` if the endpoint cannot answer anything or answered nothing. Answers that arrived
    before an error are stored.
    """
    run = prepare(context, teacher, job)
    waiting = frozenset() if live else frozenset(context.store.batches.waiting_keys(teacher.endpoint, teacher.model))
    teacher.recall_form(context.store.teacher_calls.last_form(teacher.endpoint, teacher.model))
    yield StageStarted("teach", len(run.samples), "samples")
    if waiting:
        hint = "collect them with `orca-local teach --batch`, or ask them anyway with --live"
        yield Warned(f"{len(waiting)} questions wait in a batch and are not asked", hint=hint)
    yield from run.loop.run(run.questions, waiting)
    counts = run.loop.counts
    if counts.failed and not counts.new + counts.cached and not counts.not_asked:
        raise _nothing_answered(teacher, counts, run.loop.failures.final, offline=run.offline)
    if run.offline and counts.failed:
        yield Warned(f"{counts.failed} answers are not stored", hint="run `orca-local teach` without --offline")
    yield StageFinished("teach", run.summary())


class TeachRun(Frozen):
    """The questions of one run of the stage, and the objects that ask them."""

    run_id: int
    samples: Sequence[Sample]
    questions: Sequence[Question]
    """The first questions about all samples."""
    ledger: Ledger
    loop: CallLoop
    spent_before_usd: float
    """US dollars that the workspace had spent before this run."""
    started_at: float
    offline: bool
    """Whether the teacher is an endpoint that must not be called."""

    def summary(self, batch: BatchSummary | None = None) -> TeachSummary:
        """The result that `--json` prints."""
        counts, total = self.loop.counts, self.ledger.budget.reported_usd
        return copy_fields(
            TeachSummary,
            counts,
            run_id=self.run_id,
            calls=copy_fields(CallTotals, counts),
            verdicts=in_order(counts.verdicts),
            cost_usd=None if total is None else round(total - self.spent_before_usd, 6),
            spent_usd=None if total is None else round(total, 6),
            seconds=round(time.monotonic() - self.started_at, 3),
            batch=batch,
            failures=self._failures(),
            left_out=tuple(sorted(self.ledger.left_out)),
            doubtful_counts=self.ledger.doubtful or None,
        )

    def _failures(self) -> FailureSummary | None:
        """The samples without any answer."""
        counts = self.loop.failures
        again = "orca-local teach --retry-failed" if counts.final else "orca-local teach"
        return counts.summarize(f"run `{again}`" + (" without --offline" if self.offline else ""))


def prepare(context: StageContext, teacher: Teacher, job: TeachJob) -> TeachRun:
    """Assemble a run. Raises `InputError` if a limit in money is set and the price is unknown."""
    started_at, store, settings, selected = time.monotonic(), context.store, job.settings, job.selected
    # Only an endpoint needs the network; every other teacher answers offline too.
    offline = context.offline and settings.kind == "openai"
    for strategy in {s.name: s for s in job.strategies.values()}.values():
        store.strategies.ensure(strategy)
    budget = make_budget(teacher, store, settings, job.price)
    spent_usd = budget.committed_usd
    ledger = Ledger(store, budget, context.run_id, offline=offline)
    plan = RetryPlan(teacher, job.strategies, settings)
    tries = 1 if offline else settings.tries
    loop = CallLoop(teacher, ledger, plan, settings, tries=tries, retry_failed=job.retry_failed)
    questions = [question for sample in selected for question in plan.first_questions(sample)]
    return TeachRun(context.run_id, selected, questions, ledger, loop, spent_usd, started_at, offline)


def make_budget(
    teacher: Teacher, store: Store, settings: CallSettings, price: Price | None, purpose: Purpose = TEACHING
) -> Budget:
    """The limits of a purpose, with what this workspace has spent on it.

    Raises `InputError` if a limit in money is set and the price is unknown.
    """
    if settings.max_usd and price is None:
        raise InputError(
            f"{purpose.section}.max_usd is set, but the price of {teacher.model!r} at {teacher.endpoint} is unknown",
            hint="write a [[price]] with model, input and output (US dollars per million tokens) into prices.toml",
        )
    spent = store.charges.spent(purpose.name)
    max_calls = settings.max_calls if "://" in teacher.endpoint else 0  # reading an answer from a file is no call
    return Budget(
        price,
        max_usd=settings.max_usd,
        max_calls=max_calls,
        spent_usd=spent.usd,
        calls=spent.calls,
        section=purpose.section,
    )


def _nothing_answered(teacher: Teacher, counts: CallCounts, final: int, *, offline: bool) -> OrcaError:
    if offline:
        return RemoteError(
            f"none of {counts.failed} teacher answers is stored", hint="run `orca-local teach` without --offline"
        )
    message = f"{teacher.endpoint} answered none of {counts.failed} samples; the last error: {counts.last_error}"
    if "://" in teacher.endpoint:
        again = "run it again" + (" with --retry-failed" if final else "")
        return RemoteError(message, hint=f"check teacher.base_url and teacher.model in orca.toml, and {again}")
    return InputError(message, hint="give the samples a `rationale`, or set teacher.file to a file of answers")
