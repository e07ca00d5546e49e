"""The loop that asks: what may go goes, what comes is kept, what failed waits for its turn."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, islice

from orca_local.domain.errors import RemoteError
from orca_local.domain.events import CallAnswered, CallFailed, Event, StageProgressed, Warned
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.teach.budget import most_prompt_tokens
from orca_local.teach.ledger import Desk
from orca_local.teach.rate_limit import Pace
from orca_local.teach.retry_plan import Ladder
from orca_local.teach.teacher import Question, Teacher, TeacherAnswer

REPLAYED_AT_ONCE = 500
LONGEST_STEP_S = 0.5
"""How long a step waits for an answer: Ctrl-C is heard in between."""
AFTER_FATAL_S = 10.0
"""How long answers that are on their way are waited for when no more are asked for."""
FAILED_IN_A_ROW = 20
"""Questions of which none was answered, from which on no more are asked."""


@dataclass
class Tally:
    """Counts as the stage goes."""

    new: int = 0
    cached: int = 0
    failed: int = 0
    verified: int = 0
    rejected: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    last_error: str = ""
    not_asked: int = 0


@dataclass(frozen=True, slots=True)
class _Call:
    sent_at: float
    tokens: float
    """That it was expected to take."""


@dataclass(order=True)
class _Later:
    at: float
    number: int
    question: Question = field(compare=False)


class Gathering:
    """One run's questions. Yields what happened, each answer after it is on the disk.

    Calls whose keys are `skipped` are neither asked nor counted.
    """

    def __init__(
        self,
        teacher: Teacher,
        desk: Desk,
        ladder: Ladder,
        pace: Pace,
        *,
        tries: int,
        patience_s: float,
        retry_failed: bool = False,
        skipped: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tally = Tally()
        self._teacher, self._desk, self._ladder, self._pace = teacher, desk, ladder, pace
        self._tries, self._patience_s = tries, patience_s
        self._retry_failed, self._clock = retry_failed, clock
        self._skipped = skipped
        self._pending: deque[Question] = deque()
        self._later: list[_Later] = []
        self._numbers = count()
        self._in_flight: dict[str, _Call] = {}
        self._twins: dict[str, list[Question]] = {}
        """Questions of other samples that are word for word one in flight: its answer is theirs."""
        self._tried: dict[str, int] = {}
        self._answered_at, self._failed_in_a_row = clock(), 0
        self._fatal: RemoteError | None = None
        self._mean_tokens: float | None = None

    def run(self, questions: Iterable[Question]) -> Iterator[Event]:
        """Ask everything, and what follows from the answers. Raises `RemoteError` where no question can be answered."""
        yield from self.replay(questions)
        if self._pending:
            self._teacher.open()
        try:
            while self._pending or self._later or self._in_flight:
                self._send()
                if not self._in_flight and self._stuck():
                    break
                answers = self._teacher.step(self._patience())
                if answers:
                    yield from self._take(answers)
                if self._fatal is not None:
                    yield from self._wind_up()
                    raise self._fatal
        finally:
            self._desk.release(self._teacher.close())
        if self._pending:
            self.tally.not_asked = len(self._pending) + len(self._later)
            yield Warned(
                f"{self.tally.not_asked} questions are not asked: {self._desk.budget.describe_cap()}",
                hint="raise it in orca.toml and run `orca-local teach` again",
            )

    def replay(self, questions: Iterable[Question]) -> Iterator[Event]:
        """What the store knows, with all that follows from it; the rest is `pending`."""
        waiting = iter(questions)
        while some := list(islice(waiting, REPLAYED_AT_ONCE)):
            yield from self._replay(some)
            yield self._progress()

    @property
    def pending(self) -> list[Question]:
        """What is to be asked."""
        return [*self._pending]

    def _replay(self, questions: Sequence[Question], *, first: bool = False) -> Iterator[Event]:
        """What the store knows, with all that follows from it; the rest is to be asked, or `first` of all."""
        while questions:
            known = self._desk.replay(questions, failed_too=not self._retry_failed)
            keys = {item.question.key for item in known}
            unknown = [question for question in questions if question.key not in keys | self._skipped]
            if first:
                self._pending.extendleft(reversed(unknown))
            else:
                self._pending.extend(unknown)
            questions = []
            for item in known:
                if item.row is None:
                    yield self._failed(item.question, item.error)
                    questions += self._ladder.next(item.question, right=False)
                else:
                    yield self._kept(item.row, cached=True)
                    questions += self._ladder.next(item.question, right=self._ladder.is_good(item.question, item.row))

    def _send(self) -> None:
        """Reserve and submit as much as pace and budget allow."""
        now = self._clock()
        while self._later and self._later[0].at <= now:
            self._pending.appendleft(heapq.heappop(self._later).question)
        batch: dict[str, Question] = {}
        usd = 0.0
        while self._pending:
            question = self._pending[0]
            if question.key in self._in_flight or question.key in batch:
                self._twins.setdefault(question.key, []).append(self._pending.popleft())
                continue
            tokens = self._expected_tokens(question)
            worst = self._desk.budget.worst(question.request)
            in_flight = len(self._in_flight) + len(batch)
            if self._pace.wait(in_flight, tokens, now) > 0 or not self._desk.budget.admits(usd + worst, len(batch) + 1):
                break
            usd += worst
            self._pace.take(tokens)
            batch[question.key] = self._pending.popleft()
        if batch:
            self._desk.reserve([*batch.values()])
        for key, question in batch.items():
            self._in_flight[key] = _Call(now, self._expected_tokens(question))
            self._teacher.submit(question)

    def _expected_tokens(self, question: Question) -> float:
        return self._mean_tokens or most_prompt_tokens(question.request) / 3 + question.request.max_tokens

    def _stuck(self) -> bool:
        """Whether a cap keeps the next question from being asked."""
        return bool(self._pending) and not self._desk.budget.admits(self._desk.budget.worst(self._pending[0].request))

    def _patience(self) -> float:
        """How long the next step may wait."""
        now = self._clock()
        waits = [LONGEST_STEP_S]
        if self._later:
            waits.append(self._later[0].at - now)
        if self._pending and not self._stuck():
            waits.append(self._pace.wait(len(self._in_flight), self._expected_tokens(self._pending[0]), now))
        wait = max(0.0, min(waits))
        if not self._in_flight and wait:
            time.sleep(wait)
            return 0.0
        return wait

    def _take(self, answers: Sequence[TeacherAnswer]) -> Iterator[Event]:
        """Keep answers, then say so, then see what follows from them."""
        rows = self._desk.settle(answers)
        now = self._clock()
        events: list[Event] = []
        following: list[Question] = []
        for answer, row in zip(answers, rows, strict=True):
            self._learn(answer, self._in_flight.pop(answer.question.key), now)
            following += self._twins.pop(answer.question.key, [])
            if row is not None:
                events.append(self._kept(row, cached=False))
                following += self._ladder.next(answer.question, right=self._ladder.is_good(answer.question, row))
            elif not self._again(answer, now):
                events.append(self._failed(answer.question, answer.error))
                self._fatal = self._fatal or answer.fatal or self._given_up(answer)
                useless = answer.passing or answer.fatal is not None
                following += self._ladder.next(answer.question, right=None if useless else False)
        yield from events
        # In front: a sample is finished before another is begun.
        yield from self._replay(following, first=True)
        yield self._progress()

    def _learn(self, answer: TeacherAnswer, call: _Call, now: float) -> None:
        self.tally.prompt_tokens += answer.prompt_tokens or 0
        self.tally.completion_tokens += answer.completion_tokens or 0
        if answer.limited:
            self._pace.refused(answer.retry_after_s, call.sent_at, now)
        elif not answer.passing and answer.fatal is None:
            self._pace.answered()
            self._answered_at, self._failed_in_a_row = now, 0
        if answer.prompt_tokens is not None and answer.completion_tokens is not None:
            tokens = answer.prompt_tokens + answer.completion_tokens
            self._pace.correct(call.tokens, tokens)
            self._mean_tokens = tokens if self._mean_tokens is None else 0.9 * self._mean_tokens + 0.1 * tokens

    def _again(self, answer: TeacherAnswer, now: float) -> bool:
        """Whether a failed call is put back, to be tried once more."""
        if not answer.passing:
            return False
        key = answer.question.key
        if answer.limited:
            # Not its fault, so no try of its own: the pace as a whole waits.
            pause = answer.retry_after_s or 0.0
            if now - self._answered_at < self._patience_s and pause <= self._patience_s:
                self._pending.appendleft(answer.question)
                return True
            why = f"has turned every call away for {self._patience_s:g} s"
            if pause > self._patience_s:
                why = f"wants no call for {pause:.0f} s"
            hint = "run `orca-local teach` again later, or raise teacher.patience_s"
            self._fatal = self._fatal or RemoteError(f"{self._teacher.endpoint} {why}: {answer.error}", hint=hint)
            return False
        self._tried[key] = self._tried.get(key, 0) + 1
        if self._tried[key] >= self._tries:
            del self._tried[key]
            return False
        at = now + max(self._pace.backoff(self._tried[key]), answer.retry_after_s or 0.0)
        heapq.heappush(self._later, _Later(at, next(self._numbers), answer.question))
        return True

    def _given_up(self, answer: TeacherAnswer) -> RemoteError | None:
        """An endpoint that only ever fails is not asked a thousand times."""
        self._failed_in_a_row += answer.passing
        if self._failed_in_a_row < max(FAILED_IN_A_ROW, 2 * self._teacher.concurrency):
            return None
        return RemoteError(
            f"{self._teacher.endpoint} answered none of the last {self._failed_in_a_row} questions, each asked "
            f"{self._tries} times; the last: {answer.error}",
            hint="run `orca-local teach` again when it is well; what was answered is kept",
        )

    def _wind_up(self) -> Iterator[Event]:
        """Answers that are paid for and on their way are not thrown away with the run."""
        until = self._clock() + AFTER_FATAL_S
        while self._in_flight and self._clock() < until:
            answers = self._teacher.step(LONGEST_STEP_S)
            if answers:
                yield from self._take(answers)

    def _kept(self, row: DemonstrationRow, *, cached: bool) -> CallAnswered:
        self.tally.cached += cached
        self.tally.new += not cached
        self.tally.verified += row.verified is not False
        self.tally.rejected += row.verified is False
        return CallAnswered(row.sample_id, row.strategy, cached, row.verified)

    def _failed(self, question: Question, error: str) -> CallFailed:
        self.tally.failed += 1
        self.tally.last_error = error
        return CallFailed(question.sample.id, question.strategy, error)

    def _progress(self) -> StageProgressed:
        return StageProgressed(self._ladder.finished, self.tally.completion_tokens, usd=self._desk.budget.known_usd)
