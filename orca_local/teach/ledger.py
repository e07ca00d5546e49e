"""Stores requests and answers of a run.

A reservation is on the disk before its call is made, and an answer is on the disk before its event is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from orca_local.domain.events import Warned
from orca_local.domain.frozen import Frozen
from orca_local.endpoints.answer import ChatAnswer
from orca_local.endpoints.request_form import RequestForm
from orca_local.kinds.scoring import SCORER_VERSION, verify
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.store.store import Store
from orca_local.teach.budget import Budget
from orca_local.teach.purpose import TEACHING, Purpose
from orca_local.teach.request_settings import chosen_fields
from orca_local.teach.teacher import Question
from orca_local.teach.usage import doubt, with_believable_counts


class AnswerRow(Protocol):
    """What is kept of an answer, whatever it is for."""

    @property
    def sample_id(self) -> str:
        """The sample that the question was about."""

    @property
    def strategy(self) -> str:
        """The strategy of the question; empty for a purpose without strategies."""

    @property
    def text(self) -> str:
        """The whole answer."""

    @property
    def verified(self) -> bool | None:
        """Whether it matches the reference; None if that was not checked."""

    @property
    def verdict(self) -> str:
        """How it relates to the reference: a value of `Verdict`."""


SaveAnswer = Callable[[Question, str], AnswerRow]
"""Keeps the answer to a question, in the transaction that stores it; called again for each stored answer."""


class QuestionResult(Frozen):
    """Outcome of one question, stored by this run or an earlier one."""

    question: Question
    row: AnswerRow | None
    """The answer; None if the call failed."""
    error: str = ""
    """Why it failed."""
    answer: ChatAnswer = ChatAnswer()
    """What came in this run, with None for token counts that cannot be believed."""


_Identity = tuple[str, str, str, int]
"""Sample, strategy, key of the call, and number of the answer: what tells demonstrations apart."""


class _Reservation(Frozen):
    question: Question
    charge_id: int
    """Id of the row in `charges`; 0 offline."""
    usd: float


class Ledger:
    """The store and the budget of a run."""

    def __init__(
        self,
        store: Store,
        budget: Budget,
        run_id: int,
        *,
        offline: bool = False,
        purpose: Purpose = TEACHING,
        save: SaveAnswer | None = None,
    ) -> None:
        """Offline, no call is made, so no reservation is stored.

        Calls are charged to `purpose`. `save` keeps an answer; without it, an answer becomes a demonstration.
        """
        self._store, self.budget, self._run_id, self._offline = store, budget, run_id, offline
        self.purpose, self._save = purpose, save or self._save_demonstration
        self._reservations: dict[str, _Reservation] = {}
        self.doubtful = 0
        """Number of answers of this run whose token counts cannot be believed."""
        self.first_doubt = ""
        """What is wrong with the first of them."""
        self.left_out: set[str] = set()
        """Fields that the endpoint refuses, left out of requests although they would have changed the answer."""

    def lookup(self, questions: Sequence[Question], *, include_failed: bool) -> list[QuestionResult]:
        """Stored results of `questions`; with `include_failed` also of calls that would fail again."""
        keys = [question.key for question in questions]
        texts = self._store.teacher_calls.texts(keys)
        errors: Mapping[str, str] = self._store.teacher_calls.failures(keys) if include_failed else {}
        kept = self._kept(questions)
        results = []
        # Nothing new is written here, so a crash loses nothing.
        with self._store.transaction(durable=False):
            for question, key in zip(questions, keys, strict=True):
                if key in texts:
                    row = kept.get(_identity(question, key))
                    is_current = row is not None and row.text == texts[key]
                    results.append(QuestionResult(question, row if is_current else self._save(question, texts[key])))
                elif key in errors:
                    results.append(QuestionResult(question, None, errors[key]))
        return results

    def _kept(self, questions: Sequence[Question]) -> Mapping[_Identity, AnswerRow]:
        """The demonstrations that are there and whose verdict holds: comparing an answer takes most of a replay."""
        if self.purpose is not TEACHING:
            return {}
        rows = self._store.demonstrations.judged([question.sample.id for question in questions], SCORER_VERSION)
        return {(row.sample_id, row.strategy, row.teacher_call_key, row.sample_index): row for row in rows}

    def adopt(self, question: Question, charge_id: int, usd: float) -> None:
        """Take over the reservation of an earlier run; the budget already contains it."""
        self._reservations[question.key] = _Reservation(question, charge_id, usd)

    def reserve(self, questions: Sequence[Question]) -> list[int]:
        """Store the calls and reserve their maximum costs; returns the ids of the charges."""
        with self._store.transaction():
            return [self._reserve(question) for question in questions]

    def _reserve(self, question: Question) -> int:
        request, key, usd, charge_id = question.request, question.key, 0.0, 0
        if not self._offline:
            usd = self.budget.max_cost(request)
            self.budget.reserve(usd)
            self._store.teacher_calls.reserve(key, request.endpoint, request.model, request.to_dict(), usd)
            charge_id = self._store.charges.reserve(self._run_id, key, usd, self.purpose.name)
        self._reservations[key] = _Reservation(question, charge_id, usd)
        return charge_id

    def release(self, questions: Sequence[Question]) -> None:
        """Drop the reservations of calls that were never made."""
        if not questions:
            return
        with self._store.transaction():
            for question in questions:
                reservation = self._reservations.pop(question.key, None)
                if reservation and reservation.charge_id:
                    self.budget.release(reservation.usd)
                    self._store.charges.settle(reservation.charge_id, 0.0)

    def settle(self, answers: Sequence[ChatAnswer]) -> list[QuestionResult]:
        """Store answers, failures and costs; all are on the disk when this returns."""
        with self._store.transaction():
            return [self._settle(answer) for answer in answers]

    def _settle(self, answer: ChatAnswer) -> QuestionResult:
        reservation = self._reservations.pop(answer.request_id)
        question, calls = reservation.question, self._store.teacher_calls
        answer = self._believed(question, answer)
        cost = None
        if reservation.charge_id:
            cost = self._cost(answer, reservation)
            self._store.charges.settle(reservation.charge_id, cost)
        if answer.error:
            if reservation.charge_id:
                calls.fail(question.key, answer.error, final=answer.is_final, cost_usd=cost)
            return QuestionResult(question, None, answer.error, answer)
        response: dict[str, Any] = {"text": answer.text, "finish_reason": answer.finish_reason}
        if answer.form:
            response["form"] = dict(answer.form)
            self.left_out |= RequestForm.from_dict(answer.form).left_out & chosen_fields(question.request)
        calls.complete(question.key, response, answer.prompt_tokens or 0, answer.completion_tokens or 0, cost)
        return QuestionResult(question, self._save(question, answer.text), answer=answer)

    def _believed(self, question: Question, answer: ChatAnswer) -> ChatAnswer:
        """The answer without token counts that cannot be believed. Only an endpoint can send such counts."""
        if "://" not in question.request.endpoint:
            return answer
        believed = with_believable_counts(question.request, answer)
        if problem := doubt(question.request, answer, believed):
            self.doubtful += 1
            self.first_doubt = self.first_doubt or problem
        return believed

    def warnings(self) -> Iterator[Warned]:
        """What the user should know about the answers of this run, once for all of them."""
        if self.doubtful:
            yield Warned(
                f"{self.doubtful} answers came without believable token counts, such as {self.first_doubt}: "
                "each is charged with the most that it can cost"
            )
        if self.left_out:
            names = ", ".join(sorted(self.left_out))
            yield Warned(
                f"the endpoint refuses {names}: requests were sent without, so it answers as it does by itself",
                hint=f"another model may take it; {self.purpose.section}.omit leaves a field out from the start",
            )

    def make_final(self, questions: Sequence[Question]) -> None:
        """Do not ask these failed questions again."""
        if questions and not self._offline:
            self._store.teacher_calls.make_final(question.key for question in questions)

    def _cost(self, answer: ChatAnswer, reservation: _Reservation) -> float:
        if not answer.billed:
            self.budget.release(reservation.usd)
            return 0.0
        request = reservation.question.request
        return self.budget.settle(request, reservation.usd, answer.prompt_tokens, answer.completion_tokens)

    def _save_demonstration(self, question: Question, text: str) -> DemonstrationRow:
        verdict = verify(question.sample, text)
        row = DemonstrationRow(
            sample_id=question.sample.id,
            strategy=question.strategy,
            teacher_call_key=question.key,
            sample_index=question.request.sample_index,
            text=text,
            verified=verdict.verified,
            verdict=verdict.value,
            scorer_version=SCORER_VERSION,
            hinted=question.hinted,
        )
        self._store.demonstrations.upsert(row)
        return row


def _identity(question: Question, key: str) -> _Identity:
    return question.sample.id, question.strategy, key, question.request.sample_index
