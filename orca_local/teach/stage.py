"""The teach stage: every training sample under its task's strategy; what was answered is not asked again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from orca_local.domain.errors import InputError, OrcaError, RemoteError
from orca_local.domain.events import Event, StageFinished, StageStarted, Warned
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Sample
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.teach.budget import Budget
from orca_local.teach.call_loop import Gathering, Tally
from orca_local.teach.ledger import Desk
from orca_local.teach.prices import Price
from orca_local.teach.rate_limit import Pace
from orca_local.teach.retry_plan import Ladder
from orca_local.teach.teacher import Teacher


def teach(
    context: StageContext,
    teacher: Teacher,
    samples: Sequence[Sample],
    chosen: Mapping[str, Strategy],
    settings: TeacherSettings,
    *,
    price: Price | None = None,
    limit: int | None = None,
    retry_failed: bool = False,
    live: bool = False,
) -> Iterator[Event]:
    """Answer `samples`, each under `chosen[sample.task]`; with `limit`, the first so many of them, always the same.

    Calls that failed for good are asked again with `retry_failed` alone, and calls that wait in a batch with `live`
    alone. Raises `InputError` where a cap in money is
    set and no price is known, `RemoteError` at the end where no sample at all was answered, and at once where the
    endpoint can answer nothing; what arrived before is kept.
    """
    started, store = time.monotonic(), context.store
    # Only an endpoint needs the network; every other teacher answers offline too.
    offline = context.offline and settings.kind == "openai"
    wanted = [s for s in samples if s.task in chosen][: limit or None]
    for strategy in {s.name: s for s in chosen.values()}.values():
        store.strategies.ensure(strategy)
    desk = Desk(store, make_budget(teacher, store, settings, price), context.run_id, offline=offline)
    spent = desk.budget.usd
    ladder = Ladder(teacher.endpoint, teacher.model, chosen, settings, varies=teacher.varies)
    waiting = frozenset() if live else frozenset(store.batches.waiting_keys(teacher.endpoint, teacher.model))
    gathering = Gathering(
        teacher,
        desk,
        ladder,
        make_pace(teacher, settings),
        tries=1 if offline else settings.tries,
        patience_s=settings.patience_s,
        retry_failed=retry_failed,
        skipped=waiting,
    )
    questions = [question for sample in wanted for question in ladder.first(sample)]
    yield StageStarted("teach", len(wanted), "samples")
    if waiting:
        hint = "collect them with `orca-local teach --batch`, or ask them all the same with --live"
        yield Warned(f"{len(waiting)} questions wait in a batch and are not asked", hint=hint)
    yield from gathering.run(questions)
    tally = gathering.tally
    if tally.failed and not tally.new + tally.cached and not tally.not_asked:
        raise _nothing_answered(teacher, tally, offline=offline)
    if offline and tally.failed:
        yield Warned(f"{tally.failed} answers are not in the cache", hint="run `orca-local teach` without --offline")
    yield StageFinished("teach", _summary(context.run_id, tally, desk.budget, spent, started))


def make_pace(teacher: Teacher, settings: TeacherSettings) -> Pace:
    """How fast the teacher is asked."""
    return Pace(
        teacher.concurrency,
        requests_per_minute=settings.requests_per_minute,
        tokens_per_minute=settings.tokens_per_minute,
    )


def make_budget(teacher: Teacher, store: Store, settings: TeacherSettings, price: Price | None) -> Budget:
    """What may still be spent. Raises `InputError` where a cap could not be kept."""
    if settings.max_usd and price is None:
        raise InputError(
            f"teacher.max_usd is set, and nobody said what {teacher.model!r} costs at {teacher.endpoint}",
            hint="write a [[price]] with model, input and output (US dollars per million tokens) into prices.toml",
        )
    spent = store.charges.spent()
    return Budget(price, max_usd=settings.max_usd, max_calls=settings.max_calls, spent_usd=spent.usd, calls=spent.calls)


def _summary(run_id: int, tally: Tally, budget: Budget, spent_before: float, started: float) -> dict[str, object]:
    known = budget.known_usd
    return {
        "run_id": run_id,
        "calls": {"new": tally.new, "cached": tally.cached, "failed": tally.failed},
        "verified": tally.verified,
        "rejected": tally.rejected,
        "not_asked": tally.not_asked,
        "cost_usd": None if known is None else round(known - spent_before, 6),
        "spent_usd": None if known is None else round(known, 6),
        "prompt_tokens": tally.prompt_tokens,
        "completion_tokens": tally.completion_tokens,
        "seconds": round(time.monotonic() - started, 3),
    }


def _nothing_answered(teacher: Teacher, tally: Tally, *, offline: bool) -> OrcaError:
    if offline:
        return RemoteError(
            f"none of {tally.failed} teacher answers is in the cache", hint="run `orca-local teach` without --offline"
        )
    message = f"none of {tally.failed} samples was answered by {teacher.endpoint}; the last: {tally.last_error}"
    if "://" in teacher.endpoint:
        return RemoteError(message, hint="check teacher.base_url and teacher.model in orca.toml, and run it again")
    return InputError(message, hint="give the samples a `rationale`, or name a file of answers in teacher.file")
