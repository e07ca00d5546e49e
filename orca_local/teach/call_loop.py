"""The loop over teacher calls: send what the limits allow, store replies, schedule retries."""

from __future__ import annotations

import heapq
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Protocol

from orca_local.domain.endpoint_settings import CallSettings
from orca_local.domain.errors import RemoteError
from orca_local.domain.events import CallAnswered, CallFailed, Event, StageProgressed, Warned
from orca_local.domain.failure_summary import FailureCounts
from orca_local.domain.frozen import Frozen
from orca_local.endpoints.answer import ChatAnswer
from orca_local.teach.ledger import AnswerRow, Ledger
from orca_local.teach.rate_limit import RateLimiter
from orca_local.teach.teacher import Question, Teacher
from orca_local.teach.usage import max_prompt_tokens

LOOKUP_BATCH = 500
MAX_STEP_S = 0.5
"""Maximum seconds to wait for an answer at a time; Ctrl-C takes effect in between."""
DRAIN_S = 10.0
"""After a fatal error, calls in flight are waited for this long."""
MIN_ANNOUNCED_S = 20.0
"""A pause of this length that the endpoint asks for is reported, so that nobody takes the run for stuck."""
MIN_FAILURES = 20
"""The run ends after this many failed questions in a row, or twice the concurrency."""


@dataclass
class CallCounts:
    """Counts of the run so far."""

    new: int = 0
    cached: int = 0
    failed: int = 0
    verified: int = 0
    """Answers that match the reference, or have none to match."""
    rejected: int = 0
    """Answers that do not match the reference."""
    verdicts: Counter[str] = field(default_factory=Counter)
    """Answers by verdict."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    last_error: str = ""
    not_asked: int = 0
    """Questions left out because of a limit on money or calls."""


class Plan(Protocol):
    """Says which questions follow an answer."""

    finished: int
    """Number of samples without further questions."""

    def is_usable(self, question: Question, row: AnswerRow) -> bool:
        """Whether an answer serves its purpose, so that no other one is needed."""

    def follow_up(self, question: Question, *, usable: bool | None) -> list[Question]:
        """The questions after an answer. `usable` is None if there was no answer and asking again is useless."""


class _InFlight(Frozen):
    question: Question
    sent_at: float
    expected_tokens: float


@dataclass(order=True)
class _Retry:
    at: float
    number: int
    question: Question = field(compare=False)


class CallLoop:
    """Asks one run's questions. Yields events; each answer is on the disk before its event."""

    def __init__(
        self,
        teacher: Teacher,
        ledger: Ledger,
        plan: Plan,
        settings: CallSettings,
        *,
        tries: int,
        retry_failed: bool = False,
    ) -> None:
        self.counts = CallCounts()
        self._teacher, self._ledger, self._plan = teacher, ledger, plan
        self._limiter = RateLimiter(
            teacher.concurrency,
            requests_per_minute=settings.requests_per_minute,
            tokens_per_minute=settings.tokens_per_minute,
        )
        self._tries, self._patience_s = tries, settings.patience_s
        self._retry_failed = retry_failed
        self._skipped: frozenset[str] = frozenset()
        self._pending: deque[Question] = deque()
        self._retries: list[_Retry] = []
        self._retry_numbers = count()
        self._in_flight: dict[str, _InFlight] = {}
        self._duplicates: dict[str, list[Question]] = {}
        """Questions about other samples with the same request as one in flight; they share its answer."""
        self._failed_tries: dict[str, int] = {}
        self._failed_samples: dict[str, tuple[str, bool]] = {}
        """Why each sample's last question failed, and whether that is final."""
        self._answered_samples: set[str] = set()
        self._unclear: list[Question] = []
        """Rejected questions, each of which may be the cause itself."""
        self._answered_at, self._failures_in_a_row = time.monotonic(), 0
        self._announced_until = float("-inf")
        """End of the pause that was reported last."""
        self._fatal: RemoteError | None = None
        self._mean_tokens: float | None = None

    @property
    def pending(self) -> list[Question]:
        """Questions that are still to be asked."""
        return [*self._pending]

    def run(self, questions: Iterable[Question], skipped: frozenset[str] = frozenset()) -> Iterator[Event]:
        """Ask all questions and their follow-ups, except those whose keys are `skipped`.

        Raises `RemoteError` if the teacher cannot answer any question.
        """
        yield from self.replay(questions, skipped)
        if self._pending:
            self._teacher.open()
        try:
            while self._pending or self._retries or self._in_flight:
                self._send()
                if not self._in_flight and self._limit_reached():
                    break
                answers = self._teacher.step(self._step_wait())
                if answers:
                    yield from self._receive(answers)
                if self._fatal is not None:
                    yield from self._drain()
                    raise self._fatal
        finally:
            self._ledger.release(self._teacher.close())
            if self.counts.new:
                # The endpoint answers other questions, so these are the cause themselves.
                self._ledger.make_final(self._unclear)
        yield from self._ledger.warnings()
        if self._pending:
            self.counts.not_asked = len(self._pending) + len(self._retries)
            yield Warned(
                f"{self.counts.not_asked} questions were not asked: {self._ledger.budget.describe_limit()}",
                hint=f"raise the limit in orca.toml and run `{self._ledger.purpose.command}` again",
            )

    def replay(self, questions: Iterable[Question], skipped: frozenset[str] = frozenset()) -> Iterator[Event]:
        """Report stored results and their follow-ups; the rest becomes `pending`."""
        self._skipped = skipped
        iterator = iter(questions)
        while batch := list(islice(iterator, LOOKUP_BATCH)):
            yield from self._replay(batch)
            yield self._progress()

    def _replay(self, questions: Sequence[Question], *, first: bool = False) -> Iterator[Event]:
        """Report stored results and their follow-ups. The other questions are asked; `first` puts them before all that
        wait.
        """
        while questions:
            results = self._ledger.lookup(questions, include_failed=not self._retry_failed)
            excluded = self._skipped | {result.question.key for result in results}
            unanswered = [question for question in questions if question.key not in excluded]
            if first:
                self._pending.extendleft(reversed(unanswered))
            else:
                self._pending.extend(unanswered)
            questions = []
            for result in results:
                if result.row is None:
                    yield self._failed(result.question, result.error, is_final=True)
                    questions += self._plan.follow_up(result.question, usable=False)
                else:
                    yield self._answered(result.row, cached=True)
                    is_usable = self._plan.is_usable(result.question, result.row)
                    questions += self._plan.follow_up(result.question, usable=is_usable)

    def _send(self) -> None:
        """Reserve and submit as many questions as rate limits and budget allow."""
        now = time.monotonic()
        while self._retries and self._retries[0].at <= now:
            self._pending.appendleft(heapq.heappop(self._retries).question)
        batch: dict[str, _InFlight] = {}
        usd = 0.0
        while self._pending:
            question = self._pending[0]
            if question.key in self._in_flight or question.key in batch:
                self._duplicates.setdefault(question.key, []).append(self._pending.popleft())
                continue
            tokens, budget = self._expected_tokens(question), self._ledger.budget
            max_cost = budget.max_cost(question.request)
            in_flight = len(self._in_flight) + len(batch)
            if self._limiter.wait(in_flight, tokens, now) > 0 or not budget.allows(usd + max_cost, len(batch) + 1):
                break
            usd += max_cost
            self._limiter.take(tokens)
            batch[question.key] = _InFlight(self._pending.popleft(), now, tokens)
        if batch:
            self._ledger.reserve([call.question for call in batch.values()])
        self._in_flight |= batch
        for call in batch.values():
            self._teacher.submit(call.question)

    def _expected_tokens(self, question: Question) -> float:
        return self._mean_tokens or max_prompt_tokens(question.request) / 3 + question.request.max_tokens

    def _limit_reached(self) -> bool:
        """Whether a limit on money or calls stops the next question."""
        budget = self._ledger.budget
        return bool(self._pending) and not budget.allows(budget.max_cost(self._pending[0].request))

    def _step_wait(self) -> float:
        """Seconds that the next step may wait for an answer."""
        now = time.monotonic()
        waits = [MAX_STEP_S]
        if self._retries:
            waits.append(self._retries[0].at - now)
        if self._pending and not self._limit_reached():
            tokens = self._expected_tokens(self._pending[0])
            waits.append(self._limiter.wait(len(self._in_flight), tokens, now))
        wait = max(0.0, min(waits))
        if not self._in_flight and wait:
            time.sleep(wait)
            return 0.0
        return wait

    def _receive(self, answers: Sequence[ChatAnswer]) -> Iterator[Event]:
        """Store answers, report them, and schedule what follows."""
        results = self._ledger.settle(answers)
        now = time.monotonic()
        events: list[Event] = []
        follow_ups: list[Question] = []
        for result in results:
            question, answer = result.question, result.answer
            self._observe(answer, self._in_flight.pop(question.key), now)
            follow_ups += self._duplicates.pop(question.key, [])
            if result.row is not None:
                events.append(self._answered(result.row, cached=False))
                follow_ups += self._plan.follow_up(question, usable=self._plan.is_usable(question, result.row))
            elif self._schedule_retry(answer, question, now):
                events += self._announced_pause(answer, now)
            else:
                events.append(self._failed(question, answer.error, is_final=answer.is_final))
                self._fatal = self._fatal or answer.fatal or self._too_many_failures(answer)
                if answer.unclear:
                    self._unclear.append(question)
                follow_ups += self._plan.follow_up(question, usable=False if answer.is_final else None)
        yield from events
        # First, so that a sample is finished before the next one begins.
        yield from self._replay(follow_ups, first=True)
        yield self._progress()

    def _observe(self, answer: ChatAnswer, call: _InFlight, now: float) -> None:
        """Update counts and rate limits."""
        self.counts.prompt_tokens += answer.prompt_tokens or 0
        self.counts.completion_tokens += answer.completion_tokens or 0
        if answer.rate_limited:
            self._limiter.rejected(answer.retry_after_s, call.sent_at, now)
        elif not answer.error or answer.is_final:
            self._limiter.succeeded()
            self._answered_at, self._failures_in_a_row = now, 0
        if answer.prompt_tokens is not None and answer.completion_tokens is not None:
            tokens = answer.prompt_tokens + answer.completion_tokens
            self._limiter.correct(call.expected_tokens, tokens)
            self._mean_tokens = tokens if self._mean_tokens is None else 0.9 * self._mean_tokens + 0.1 * tokens

    def _schedule_retry(self, answer: ChatAnswer, question: Question, now: float) -> bool:
        """Whether a failed question will be asked again."""
        if answer.resend:
            # In another form, and as a call of its own that needs its own reservation.
            self._pending.appendleft(question)
            return True
        if not answer.retryable:
            return False
        pause = answer.retry_after_s or 0.0
        is_patient = pause <= self._patience_s
        if answer.rate_limited and is_patient and now - self._answered_at < self._patience_s:
            # The question is not the cause, so this does not count as a try of it. All calls wait.
            self._pending.appendleft(question)
            return True
        if answer.rate_limited or not is_patient:
            self._fatal = self._fatal or self._too_long_rejected(answer, pause)
            return False
        failed_tries = self._failed_tries.pop(question.key, 0) + 1
        if failed_tries >= self._tries:
            return False
        self._failed_tries[question.key] = failed_tries
        at = now + max(self._limiter.backoff(failed_tries), pause)
        heapq.heappush(self._retries, _Retry(at, next(self._retry_numbers), question))
        return True

    def _announced_pause(self, answer: ChatAnswer, now: float) -> list[Event]:
        """The report of a long pause that the endpoint asks for, unless one is reported already."""
        pause = answer.retry_after_s or 0.0
        if pause < MIN_ANNOUNCED_S or now < self._announced_until:
            return []
        self._announced_until = now + pause
        return [Warned(f"{self._teacher.endpoint} asks to wait for {pause:,.0f} s: {answer.error}")]

    def _too_long_rejected(self, answer: ChatAnswer, pause_s: float) -> RemoteError:
        section, command = self._ledger.purpose.section, self._ledger.purpose.command
        reason = f"rejected every call for {self._patience_s:g} s"
        if pause_s > self._patience_s:
            reason = f"asks to wait for {pause_s:,.0f} s, which is longer than {section}.patience_s"
        return RemoteError(
            f"{self._teacher.endpoint} {reason}: {answer.error}",
            hint=f"run `{command}` again later, or raise {section}.patience_s",
        )

    def _too_many_failures(self, answer: ChatAnswer) -> RemoteError | None:
        """The error that ends the run if the endpoint only fails."""
        self._failures_in_a_row += answer.retryable or answer.unclear
        if self._failures_in_a_row < max(MIN_FAILURES, 2 * self._teacher.concurrency):
            return None
        return RemoteError(
            f"{self._teacher.endpoint} answered none of the last {self._failures_in_a_row} questions, each tried up to "
            f"{self._tries} times; the last error: {answer.error}",
            hint=f"run `{self._ledger.purpose.command}` again when the endpoint works; answers so far are stored",
        )

    def _drain(self) -> Iterator[Event]:
        """Wait for calls in flight: they may have been paid for."""
        deadline = time.monotonic() + DRAIN_S
        while self._in_flight and time.monotonic() < deadline:
            answers = self._teacher.step(MAX_STEP_S)
            if answers:
                yield from self._receive(answers)

    @property
    def failures(self) -> FailureCounts:
        """The samples without any answer, by the reason of their last question."""
        counts = FailureCounts()
        unclear = {question.sample.id for question in self._unclear} if self.counts.new else set()
        for sample_id, (reason, is_final) in self._failed_samples.items():
            if sample_id not in self._answered_samples:
                counts.add(reason, is_final=is_final or sample_id in unclear)
        return counts

    def _answered(self, row: AnswerRow, *, cached: bool) -> CallAnswered:
        self._answered_samples.add(row.sample_id)
        self.counts.cached += cached
        self.counts.new += not cached
        self.counts.verified += row.verified is not False
        self.counts.rejected += row.verified is False
        self.counts.verdicts[row.verdict] += 1
        return CallAnswered(row.sample_id, row.strategy, cached, row.verified, row.verdict)

    def _failed(self, question: Question, error: str, *, is_final: bool) -> CallFailed:
        self._failed_samples[question.sample.id] = (error, is_final)
        self.counts.failed += 1
        self.counts.last_error = error
        return CallFailed(question.sample.id, question.strategy, error)

    def _progress(self) -> StageProgressed:
        return StageProgressed(self._plan.finished, self.counts.completion_tokens, usd=self._ledger.budget.reported_usd)
