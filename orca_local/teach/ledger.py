"""Keeps what is asked and answered: nothing is sent before its reservation is on the disk, nothing said before its
answer is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orca_local.kinds.scoring import verify
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.store.store import Store
from orca_local.teach.budget import Budget
from orca_local.teach.teacher import Question, TeacherAnswer


@dataclass(frozen=True, slots=True)
class Known:
    """What the store says of one question."""

    question: Question
    row: DemonstrationRow | None
    """None where the call failed, and would fail again."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Charge:
    charge_id: int
    usd: float


class Desk:
    """The store's side of a run."""

    def __init__(self, store: Store, budget: Budget, run_id: int, *, offline: bool = False) -> None:
        """Offline no call is made, and so none is written down."""
        self._store, self.budget, self._run_id, self._offline = store, budget, run_id, offline
        self._open: dict[str, _Charge] = {}

    def replay(self, questions: Sequence[Question], *, failed_too: bool) -> list[Known]:
        """Those of `questions` that the store can answer; with `failed_too` also those that failed for good."""
        keys = [question.key for question in questions]
        texts = self._store.teacher_calls.texts(keys)
        errors: Mapping[str, str] = self._store.teacher_calls.failures(keys) if failed_too else {}
        found = []
        # What is repeated here is in the store already: nothing is lost with the machine.
        with self._store.transaction(durable=False):
            for question, key in zip(questions, keys, strict=True):
                if key in texts:
                    found.append(Known(question, self._keep(question, texts[key])))
                elif key in errors:
                    found.append(Known(question, None, errors[key]))
        return found

    def adopt(self, key: str, charge_id: int, usd: float) -> None:
        """Settle a call that an earlier run made: what it may cost is in the budget already."""
        self._open[key] = _Charge(charge_id, usd)

    def charge_of(self, key: str) -> int:
        """The ledger's line of a reserved call."""
        return self._open[key].charge_id

    def reserve(self, questions: Sequence[Question]) -> None:
        """On the disk when this returns: the calls, and the most that they may cost."""
        if self._offline:
            return
        with self._store.transaction():
            for question in questions:
                request = question.request
                usd = self.budget.worst(request)
                self.budget.reserve(usd)
                key = question.key
                self._store.teacher_calls.reserve(key, request.endpoint, request.model, request.to_dict(), usd)
                self._open[key] = _Charge(self._store.charges.reserve(self._run_id, key, usd), usd)

    def release(self, questions: Sequence[Question]) -> None:
        """Calls that were reserved and never sent cost nothing."""
        if not questions or self._offline:
            return
        with self._store.transaction():
            for question in questions:
                charge = self._open.pop(question.key, None)
                if charge:
                    self.budget.release(charge.usd)
                    self._store.charges.settle(charge.charge_id, 0.0)

    def settle(self, answers: Sequence[TeacherAnswer]) -> list[DemonstrationRow | None]:
        """On the disk when this returns: answers, failures, and what they cost. None for a failure."""
        with self._store.transaction():
            return [self._settle(answer) for answer in answers]

    def _settle(self, answer: TeacherAnswer) -> DemonstrationRow | None:
        question, key = answer.question, answer.question.key
        charge = self._open.pop(key, None)
        cost = self._cost(answer, charge) if charge else None
        if charge and cost is not None:
            self._store.charges.settle(charge.charge_id, cost)
        if answer.error:
            if charge:
                self._store.teacher_calls.fail(key, answer.error, final=not answer.passing, cost_usd=cost)
            return None
        tokens = answer.prompt_tokens or 0, answer.completion_tokens or 0
        self._store.teacher_calls.complete(key, {**answer.response, "text": answer.text}, *tokens, cost)
        return self._keep(question, answer.text)

    def _cost(self, answer: TeacherAnswer, charge: _Charge) -> float:
        if not answer.billed:
            self.budget.release(charge.usd)
            return 0.0
        request = answer.question.request
        return self.budget.settle(request, charge.usd, answer.prompt_tokens, answer.completion_tokens)

    def _keep(self, question: Question, text: str) -> DemonstrationRow:
        row = DemonstrationRow(
            sample_id=question.sample.id,
            strategy=question.strategy,
            teacher_call_key=question.key,
            sample_index=question.request.sample_index,
            text=text,
            verified=verify(question.sample, text),
            hinted=question.hinted,
        )
        self._store.demonstrations.upsert(row)
        return row
