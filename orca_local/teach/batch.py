"""Teaching through the Batch API: submit and quit, come back later, collect once, at half the price."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from orca_local.domain.events import CallAnswered, CallFailed, Event, StageFinished, StageStarted, Warned
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.teaching import TeacherRequest
from orca_local.domain.types import Message, Sample
from orca_local.endpoints.batch import MOST_BYTES, MOST_LINES, BatchEndpoint, BatchStatus
from orca_local.endpoints.chat import ChatAnswer, ChatEndpoint
from orca_local.runs.context import StageContext
from orca_local.store.batches import BatchCall, BatchRow
from orca_local.store.store import Store
from orca_local.teach.budget import Budget
from orca_local.teach.file_teacher import cached_teacher
from orca_local.teach.call_loop import Gathering, Tally
from orca_local.teach.ledger import Desk
from orca_local.teach.openai_teacher import as_chat_question, as_teacher_answer
from orca_local.teach.prices import Price
from orca_local.teach.rate_limit import Pace
from orca_local.teach.retry_plan import Ladder
from orca_local.teach.stage import make_budget
from orca_local.teach.teacher import Question, TeacherAnswer

DISCOUNT = 0.5
KEPT_AT_ONCE = 500


def teach_in_batch(
    context: StageContext,
    chat: ChatEndpoint,
    endpoint: BatchEndpoint,
    samples: Sequence[Sample],
    chosen: Mapping[str, Strategy],
    settings: TeacherSettings,
    *,
    price: Price | None = None,
    limit: int | None = None,
    retry_failed: bool = False,
) -> Iterator[Event]:
    """Collect what batches have answered, then send what is still to be asked as the next one, and end.

    What follows from answers, such as further attempts, goes into the batch after. Raises `RemoteError` where the
    endpoint takes no batches or cannot be reached; what was collected is kept.
    """
    started, store = time.monotonic(), context.store
    wanted = [s for s in samples if s.task in chosen][: limit or None]
    for strategy in {s.name: s for s in chosen.values()}.values():
        store.strategies.ensure(strategy)
    cheaper = None if price is None else replace(price, input=DISCOUNT * price.input, output=DISCOUNT * price.output)
    teacher = cached_teacher(chat.url, chat.model, "", varies=True)
    desk = Desk(store, make_budget(teacher, store, settings, cheaper), context.run_id)
    spent = desk.budget.usd
    batches = _Batches(chat, endpoint, store, desk)
    yield StageStarted("teach", len(wanted), "samples")
    collected: Counter[Event] = Counter()
    for row in store.batches.unfinished(chat.url, chat.model):
        for event in batches.collect(row):
            collected[_as_replayed(event)] += 1
            yield event
    ladder = Ladder(chat.url, chat.model, chosen, settings, varies=True)
    waiting = frozenset(store.batches.waiting_keys(chat.url, chat.model))
    gathering = Gathering(
        teacher, desk, ladder, Pace(1), tries=1, patience_s=1.0, retry_failed=retry_failed, skipped=waiting
    )
    for event in gathering.replay([question for sample in wanted for question in ladder.first(sample)]):
        # What was collected just now is in the store, and was told already.
        if collected[event]:
            collected[event] -= 1
        else:
            yield event
    pending = gathering.pending
    batches.submit(_affordable(pending, desk.budget))
    left = len(pending) - batches.submitted
    if left and desk.budget.usd:
        yield Warned(f"{left} questions are not in the batch: {desk.budget.describe_cap()}")
    yield StageFinished(
        "teach", {"run_id": context.run_id, **batches.summary(gathering.tally, spent, left, len(waiting), started)}
    )


def _as_replayed(event: Event) -> Event:
    return replace(event, cached=True) if isinstance(event, CallAnswered) else event


def _affordable(questions: Sequence[Question], budget: Budget) -> list[Question]:
    """As many as the caps and one file allow."""
    taken: list[Question] = []
    usd = size = 0.0
    # Two samples that ask the same share a call.
    for question in [*{question.key: question for question in questions}.values()][:MOST_LINES]:
        worst = budget.worst(question.request)
        length = 1000 + 6 * sum(len(message.content) for message in question.request.messages)
        if not budget.admits(usd + worst, len(taken) + 1) or size + length > MOST_BYTES:
            break
        usd, size = usd + worst, size + length
        taken.append(question)
    return taken


@dataclass
class _Batches:
    """This workspace's batches at one endpoint."""

    chat: ChatEndpoint
    endpoint: BatchEndpoint
    store: Store
    desk: Desk

    def __post_init__(self) -> None:
        self.states: list[dict[str, Any]] = []
        self.answered = self.submitted = self.prompt_tokens = self.completion_tokens = 0

    def summary(self, tally: Tally, spent: float, left: int, waiting: int, started: float) -> dict[str, Any]:
        """What `--json` prints."""
        known = self.desk.budget.known_usd
        return {
            "calls": {"new": self.answered, "cached": tally.cached - self.answered, "failed": tally.failed},
            "verified": tally.verified,
            "rejected": tally.rejected,
            "not_asked": left,
            "batch": {"submitted": self.submitted, "waiting": waiting + self.submitted, "states": self.states},
            "cost_usd": None if known is None else round(known - spent, 6),
            "spent_usd": None if known is None else round(known, 6),
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "seconds": round(time.monotonic() - started, 3),
        }

    def submit(self, questions: Sequence[Question]) -> None:
        """Reserve, write down, send; in that order, so that nothing that was sent is ever unknown."""
        if not questions:
            return
        mark = uuid.uuid4().hex
        with self.store.transaction():
            self.desk.reserve(questions)
            rows = [(q.key, q.sample.id, q.strategy, q.hinted, self.desk.charge_of(q.key)) for q in questions]
            batch_id = self.store.batches.begin(mark, self.chat.url, self.chat.model, rows)
        bodies = [(q.key, self.chat.options(as_chat_question(q.request))) for q in questions]
        remote_id = self.endpoint.submit(bodies, mark)
        self.store.batches.opened(batch_id, remote_id)
        self.states.append({"id": remote_id, "state": "submitted", "total": len(questions), "done": 0})
        self.submitted = len(questions)

    def collect(self, row: BatchRow) -> Iterator[Event]:
        """Keep what a batch has answered, where it has ended."""
        remote_id = row.remote_id or self.endpoint.find(row.mark)
        calls = {call.key: call for call in self.store.batches.calls(row.batch_id)}
        if remote_id is None:
            # It was never sent, or what sent it died before the endpoint took it.
            yield from self._keep([self._unanswered(call, "the batch never arrived") for call in calls.values()])
            self.store.batches.finish(row.batch_id)
            return
        if not row.remote_id:
            self.store.batches.opened(row.batch_id, remote_id)
        status = self.endpoint.status(remote_id)
        self.states.append({"id": remote_id, "state": status.state, "total": status.total, "done": status.done})
        if not status.has_ended:
            return
        answers = self._answers(status, calls)
        while some := list(islice(answers, KEPT_AT_ONCE)):
            yield from self._keep(some)
        why = f"the batch {status.state} before it was answered" + "".join(f": {e}" for e in status.errors[:1])
        yield from self._keep([self._unanswered(call, why) for call in calls.values()])
        self.store.batches.finish(row.batch_id)

    def _answers(self, status: BatchStatus, calls: dict[str, BatchCall]) -> Iterator[TeacherAnswer]:
        """Takes out of `calls` what has a result; a line of something that was never asked is left out."""
        for result in self.endpoint.results(status):
            call = calls.pop(result.custom_id, None)
            if call is None:
                continue
            question = self._question(call)
            if result.error and not result.status:
                found = ChatAnswer(error=self.chat.safe(result.error), passing=True, billed=False)
            else:
                found = self.chat.read(result.status, result.body)
            yield as_teacher_answer(question, found)

    def _unanswered(self, call: BatchCall, why: str) -> TeacherAnswer:
        return TeacherAnswer(self._question(call), error=why, passing=True, billed=False)

    def _question(self, call: BatchCall) -> Question:
        self.desk.adopt(call.key, call.charge_id, call.reserved_usd)
        messages = tuple(Message(**message) for message in call.request["messages"])
        request = TeacherRequest(**{**call.request, "messages": messages})
        return Question(request, self.store.samples.get(call.sample_id), call.strategy, call.hinted)

    def _keep(self, answers: Sequence[TeacherAnswer]) -> Iterator[Event]:
        rows = self.desk.settle(answers)
        for answer, row in zip(answers, rows, strict=True):
            self.prompt_tokens += answer.prompt_tokens or 0
            self.completion_tokens += answer.completion_tokens or 0
            if row is None:
                yield CallFailed(answer.question.sample.id, answer.question.strategy, answer.error)
            else:
                self.answered += 1
                yield CallAnswered(row.sample_id, row.strategy, False, row.verified)
