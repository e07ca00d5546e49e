"""Teaching through the Batch API at half the price: one run sends a batch, a later run collects its answers."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from orca_local.domain.errors import RemoteError
from orca_local.domain.events import CallAnswered, CallFailed, Event, StageFinished, StageStarted, Warned
from orca_local.domain.teach_summary import BatchState, BatchSummary
from orca_local.domain.teacher_request import TeacherRequest
from orca_local.endpoints.answer import ChatAnswer
from orca_local.endpoints.batch import MAX_BYTES, MAX_LINES, BatchEndpoint, BatchResult
from orca_local.endpoints.chat import ChatEndpoint
from orca_local.runs.context import StageContext
from orca_local.store.batches import BatchCall, BatchRow
from orca_local.store.store import Store
from orca_local.teach.budget import Budget
from orca_local.teach.file_teacher import offline_teacher
from orca_local.teach.job import TeachJob
from orca_local.teach.ledger import Ledger
from orca_local.teach.openai_teacher import chat_request, checked
from orca_local.teach.stage import prepare
from orca_local.teach.teacher import Question

PRICE_RATIO = 0.5
"""Price of a batch call, relative to a live call."""
SETTLE_BATCH = 500
_LINE_BYTES, _BYTES_PER_CHARACTER = 1000, 6
"""Upper bounds for a line of the file without its messages, and for a character in JSON."""


def teach_in_batch(context: StageContext, chat: ChatEndpoint, job: TeachJob) -> Iterator[Event]:
    """Collect the answers of earlier batches, send the remaining questions as a new batch, and end.

    Follow-up questions go into the next batch. Raises `RemoteError` if the endpoint has no Batch API or cannot be
    reached; answers collected before are stored.
    """
    if (price := job.price) is not None:
        job = replace(job, price=replace(price, input=PRICE_RATIO * price.input, output=PRICE_RATIO * price.output))
    teacher = offline_teacher(chat.url, chat.model, "", can_resample=True)
    run = prepare(context, teacher, job)
    store = context.store
    chat.recall_form(store.teacher_calls.last_form(chat.url, chat.model))
    batches = _Batches(chat, BatchEndpoint(chat), store, run.ledger)
    yield StageStarted("teach", len(run.samples), "samples")
    collected: Counter[Event] = Counter()
    for event in batches.collect_all():
        collected[_as_replayed(event)] += 1
        yield event
    waiting = frozenset(store.batches.waiting_keys(chat.url, chat.model))
    for event in run.loop.replay(run.questions, waiting):
        # Answers collected above are in the store now, and were reported already.
        if collected[event]:
            collected[event] -= 1
        else:
            yield event
    pending, budget = run.loop.pending, run.ledger.budget
    batches.submit(_affordable(pending, budget))
    if batches.unreadable is not None:
        raise batches.unreadable
    counts = run.loop.counts
    counts.new, counts.cached = batches.answered, counts.cached - batches.answered
    counts.prompt_tokens, counts.completion_tokens = batches.prompt_tokens, batches.completion_tokens
    counts.not_asked = len(pending) - batches.submitted
    if counts.not_asked and budget.committed_usd:
        yield Warned(f"{counts.not_asked} questions are not in the batch: {budget.describe_limit()}")
    yield from run.ledger.warnings()
    waiting_calls = len(waiting) + batches.submitted
    yield StageFinished("teach", run.summary(BatchSummary(batches.submitted, waiting_calls, tuple(batches.states))))


def _as_replayed(event: Event) -> Event:
    return replace(event, cached=True) if isinstance(event, CallAnswered) else event


def _affordable(questions: Sequence[Question], budget: Budget) -> list[Question]:
    """As many questions as the budget and the size of one file allow; samples with the same request share a call."""
    affordable: list[Question] = []
    usd = size = 0.0
    for question in [*{question.key: question for question in questions}.values()][:MAX_LINES]:
        usd += budget.max_cost(question.request)
        size += _LINE_BYTES + _BYTES_PER_CHARACTER * sum(len(m.content) for m in question.request.messages)
        if not budget.allows(usd, len(affordable) + 1) or size > MAX_BYTES:
            break
        affordable.append(question)
    return affordable


@dataclass
class _Batches:
    """This workspace's batches at one endpoint, with counts of this run."""

    chat: ChatEndpoint
    endpoint: BatchEndpoint
    store: Store
    ledger: Ledger
    states: list[BatchState] = field(default_factory=list)
    """Progress of each batch, for `--json`."""
    answered: int = 0
    submitted: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    fatal: RemoteError | None = None
    """Set if every other question would fail in the same way."""
    unclear: list[Question] = field(default_factory=list)
    """Rejected questions, each of which may be the cause itself."""
    unreadable: RemoteError | None = None
    """Why a batch could not be collected. Its questions go on waiting."""

    def collect_all(self) -> Iterator[Event]:
        """Store the answers of all batches that have ended. One that cannot be read keeps no other one waiting.

        Raises the error that every further batch would get too.
        """
        for row in self.store.batches.unfinished(self.chat.url, self.chat.model):
            try:
                yield from self.collect(row)
            except RemoteError as error:
                self.unreadable = self.unreadable or error
        if self.fatal is not None:
            raise self.fatal
        if self.answered:  # then what was rejected is the cause itself, and is not asked again
            self.ledger.make_final(self.unclear)

    def submit(self, questions: Sequence[Question]) -> None:
        """Reserve the costs, store the batch, then send it: every batch that was sent is in the store."""
        if not questions:
            return
        mark = uuid.uuid4().hex
        with self.store.transaction():
            charges = self.ledger.reserve(questions)
            rows = [
                (q.key, q.sample.id, q.strategy, q.hinted, charge) for q, charge in zip(questions, charges, strict=True)
            ]
            batch_id = self.store.batches.begin(mark, self.chat.url, self.chat.model, rows)
        bodies = [(q.key, self.chat.request_body(chat_request(q.request))) for q in questions]
        remote_id = self.endpoint.submit(bodies, mark)
        self.store.batches.opened(batch_id, remote_id)
        self.states.append(BatchState(remote_id, "submitted", total=len(questions), done=0))
        self.submitted = len(questions)

    def collect(self, row: BatchRow) -> Iterator[Event]:
        """Store the answers of a batch if it has ended."""
        remote_id = row.remote_id or self.endpoint.find(row.mark)
        calls = {call.key: call for call in self.store.batches.calls(row.batch_id)}
        if remote_id is None:
            # The run ended before the endpoint accepted the batch.
            yield from self._settle([self._unanswered(call, "the batch was never sent") for call in calls.values()])
            self.store.batches.finish(row.batch_id)
            return
        if not row.remote_id:
            self.store.batches.opened(row.batch_id, remote_id)
        status = self.endpoint.status(remote_id)
        self.states.append(BatchState(remote_id, status.state, status.total, status.done))
        if not status.has_ended:
            return
        answers = self._iter_answers(self.endpoint.iter_results(status), calls)
        while batch := list(islice(answers, SETTLE_BATCH)):
            yield from self._settle(batch)
        error = f"the batch {status.state} before this question was answered"
        error += "".join(f": {message}" for message in status.errors[:1])
        yield from self._settle([self._unanswered(call, error) for call in calls.values()])
        self.store.batches.finish(row.batch_id)

    def _iter_answers(self, results: Iterator[BatchResult], calls: dict[str, BatchCall]) -> Iterator[ChatAnswer]:
        """Answers to `calls`, which are removed from it; results of unknown calls are left out."""
        for result in results:
            call = calls.pop(result.custom_id, None)
            if call is None:
                continue
            if result.is_too_long or result.is_unreadable:
                # The answer may have been paid for.
                yield checked(self._adopt(call), ChatAnswer(error=result.error, retryable=result.is_unreadable))
            elif result.error and not result.status:
                yield self._unanswered(call, self.chat.redact(result.error))
            else:
                question = self._adopt(call)
                sent = self.chat.usual_body(chat_request(question.request))
                answer = self.chat.parse(result.status, result.body, body=sent)
                yield replace(checked(question, answer), form=self.chat.form)

    def _unanswered(self, call: BatchCall, error: str) -> ChatAnswer:
        return ChatAnswer(request_id=self._adopt(call).key, error=error, retryable=True, billed=False)

    def _adopt(self, call: BatchCall) -> Question:
        """The question of a call that an earlier run reserved."""
        request = TeacherRequest.from_dict(call.request)
        question = Question(request, self.store.samples.get(call.sample_id), call.strategy, call.hinted)
        self.ledger.adopt(question, call.charge_id, call.reserved_usd)
        return question

    def _settle(self, answers: Sequence[ChatAnswer]) -> Iterator[Event]:
        results = self.ledger.settle(answers)
        for result in results:
            answer = result.answer
            self.prompt_tokens += answer.prompt_tokens or 0
            self.completion_tokens += answer.completion_tokens or 0
            question = result.question
            if result.row is None:
                self.fatal = self.fatal or answer.fatal
                if answer.unclear:
                    self.unclear.append(question)
                yield CallFailed(question.sample.id, question.strategy, result.error)
            else:
                self.answered += 1
                row = result.row
                yield CallAnswered(question.sample.id, question.strategy, False, row.verified, row.verdict)
