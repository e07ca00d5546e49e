"""The teach stage: every training sample under its task's strategy; what was answered is not asked again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from orca_local.domain.errors import InputError, OrcaError, RemoteError
from orca_local.domain.events import CallAnswered, CallFailed, Event, StageFinished, StageProgressed, StageStarted
from orca_local.domain.prompts import teacher_messages
from orca_local.domain.scoring import score
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.teaching import TeacherRequest
from orca_local.domain.types import Sample
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.store.store import Store
from orca_local.teach.teacher import Question, Teacher, TeacherAnswer

RIGHT = 1.0
"""Score from which an answer to a right-or-wrong kind counts as verified."""
CLOSE = 0.5
"""The same for kinds with partial scores, where even a good answer has other words than the reference."""


def make_question(
    teacher_endpoint: str, model: str, sample: Sample, strategy: Strategy, settings: TeacherSettings
) -> Question:
    """The one request for a sample under a strategy."""
    request = TeacherRequest(
        endpoint=teacher_endpoint,
        model=model,
        messages=teacher_messages(sample, strategy),
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        top_p=settings.top_p,
        seed=settings.seed,
    )
    return Question(request, sample, strategy.name)


def teach(
    teacher: Teacher,
    store: Store,
    samples: Sequence[Sample],
    chosen: Mapping[str, Strategy],
    settings: TeacherSettings,
    *,
    run_id: int,
    offline: bool = False,
    limit: int | None = None,
) -> Iterator[Event]:
    """Answer `samples`, each under `chosen[sample.task]`; with `limit`, the first so many of them, always the same.

    Raises `RemoteError` at the end where offline calls are missing or no sample at all was answered, and at once
    where the endpoint can answer nothing; what arrived before is kept.
    """
    started = time.monotonic()
    wanted = [s for s in samples if s.task in chosen][: limit or None]
    questions = [make_question(teacher.endpoint, teacher.model, s, chosen[s.task], settings) for s in wanted]
    for strategy in {s.name: s for s in chosen.values()}.values():
        store.strategies.ensure(strategy)
    yield StageStarted("teach", len(questions), "calls")
    known = store.teacher_calls.answered([question.request.key for question in questions])
    tally = _Tally()
    for question in questions:
        if question.request.key in known:
            call = store.teacher_calls.get(question.request.key)
            assert call is not None and call.response is not None
            yield tally.answered(_keep(store, question, str(call.response["text"])), cached=True)
    yield StageProgressed(done=tally.done)
    missing = [question for question in questions if question.request.key not in known]
    yield from _ask(teacher, store, missing, tally, offline=offline)
    summary = {
        "run_id": run_id,
        "calls": {"new": tally.new, "cached": tally.cached, "failed": tally.failed},
        "verified": tally.verified,
        "rejected": tally.rejected,
        "cost_usd": None,
        "prompt_tokens": tally.prompt_tokens,
        "completion_tokens": tally.completion_tokens,
        "seconds": round(time.monotonic() - started, 3),
    }
    if offline and tally.failed and not tally.new:
        raise RemoteError(
            f"{tally.failed} of {len(questions)} teacher answers are not in the cache ({tally.cached} are)",
            hint="run `orca-local teach` once without --offline",
        )
    if questions and tally.failed == len(questions):
        raise _nothing_answered(teacher, tally)
    yield StageFinished("teach", summary)


class _Tally:
    """Counts as the stage goes."""

    def __init__(self) -> None:
        self.new = self.cached = self.failed = 0
        self.verified = self.rejected = 0
        self.prompt_tokens = self.completion_tokens = 0
        self.last_error = ""

    @property
    def done(self) -> int:
        return self.new + self.cached + self.failed

    def answered(self, row: DemonstrationRow, *, cached: bool) -> CallAnswered:
        self.cached += cached
        self.new += not cached
        self.verified += row.verified is not False
        self.rejected += row.verified is False
        return CallAnswered(row.sample_id, row.strategy, cached, row.verified)


def _ask(
    teacher: Teacher, store: Store, questions: Sequence[Question], tally: _Tally, *, offline: bool
) -> Iterator[Event]:
    if not offline:
        with store.transaction():
            for q in questions:
                store.teacher_calls.reserve(q.request.key, q.request.endpoint, q.request.model, q.request.to_dict())
    for answer in teacher.answer(questions):
        if answer.error:
            tally.failed += 1
            tally.last_error = answer.error
            if not offline:
                store.teacher_calls.fail(answer.question.request.key, answer.error)
            yield CallFailed(answer.question.sample.id, answer.question.strategy, answer.error)
        else:
            row = _store_answer(store, answer)
            tally.prompt_tokens += answer.prompt_tokens
            tally.completion_tokens += answer.completion_tokens
            yield tally.answered(row, cached=False)
        yield StageProgressed(done=tally.done, tokens=tally.completion_tokens)


def _nothing_answered(teacher: Teacher, tally: _Tally) -> OrcaError:
    message = f"none of {tally.failed} samples was answered by {teacher.endpoint}; the last: {tally.last_error}"
    if "://" in teacher.endpoint:
        return RemoteError(message, hint="check teacher.base_url and teacher.model in orca.toml, and run it again")
    return InputError(message, hint="give the samples a `rationale`, or name a file of answers in teacher.file")


def _store_answer(store: Store, answer: TeacherAnswer) -> DemonstrationRow:
    """On the disk, both call and demonstration, before anything else happens: it may have cost money."""
    with store.transaction():
        store.teacher_calls.complete(
            answer.question.request.key,
            {**answer.response, "text": answer.text},
            answer.prompt_tokens,
            answer.completion_tokens,
        )
        return _keep(store, answer.question, answer.text)


def _keep(store: Store, question: Question, text: str) -> DemonstrationRow:
    row = DemonstrationRow(
        sample_id=question.sample.id,
        strategy=question.strategy,
        teacher_call_key=question.request.key,
        sample_index=question.request.sample_index,
        text=text,
        verified=verify(question.sample, text),
    )
    store.demonstrations.upsert(row)
    return row


def verify(sample: Sample, text: str) -> bool | None:
    """Whether an answer agrees with the reference; None where there is none."""
    if sample.kind == "free" or not sample.answers:
        return None
    value = score(sample, text).value
    if value is None:
        return False
    return value >= (CLOSE if sample.kind in ("span", "text") else RIGHT)
