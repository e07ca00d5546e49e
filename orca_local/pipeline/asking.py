"""Asks a model behind an endpoint, within its own limits. Its answers are stored call by call, as a teacher's are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import replace

from orca_local.domain.errors import InputError, OrcaError, RemoteError
from orca_local.domain.events import Event, StageProgressed, Warned
from orca_local.domain.frozen import Frozen
from orca_local.domain.model_settings import ModelSettings
from orca_local.domain.teacher_request import TeacherRequest
from orca_local.domain.text import counted
from orca_local.domain.types import Message
from orca_local.endpoints.chat import normalize_endpoint
from orca_local.evaluate.asker import Unanswered
from orca_local.generation.generate import PlannedMeasurement
from orca_local.judge.judge import OncePlan
from orca_local.kinds.verdict import Verdict
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.teach.budget import Budget
from orca_local.teach.call_loop import CallLoop
from orca_local.teach.file_teacher import offline_teacher
from orca_local.teach.ledger import AnswerRow, Ledger
from orca_local.teach.openai_teacher import OpenAITeacher
from orca_local.teach.prices import Price
from orca_local.teach.purpose import Purpose
from orca_local.teach.request_settings import omitted
from orca_local.teach.stage import make_budget
from orca_local.teach.teacher import Question, Teacher

OFFLINE = "no stored answer, and --offline makes no calls"


class EndpointAsker:
    """Implements `Asker`."""

    def __init__(self, settings: ModelSettings, price: Price, store: Store, command: str, *, offline: bool) -> None:
        """`command` is what hints name to go on."""
        self._settings, self._store, self._price, self._offline = settings, store, price, offline
        self._url = normalize_endpoint(settings.base_url, settings.label)
        # By address and model: another name for the same model starts no new budget.
        purpose = f"evaluate {settings.model} at {self._url}"
        self._purpose = Purpose(purpose, settings.label, command, "model", keeps_all=True)
        self._unanswered: set[str] = set()

    @property
    def fingerprint(self) -> str:
        """Address and model name, and what the settings change in each request."""
        settings = self._settings
        changes = f" without {', '.join(sorted(settings.omit))} with {settings.extra_json}"
        return f"endpoint {self._url} {settings.model}" + (changes if settings.omit or settings.extra else "")

    @property
    def cost_usd(self) -> float | None:
        """See `Asker`."""
        return round(self._store.charges.spent(self._purpose.name).usd, 6)

    def request(self, messages: tuple[Message, ...], max_tokens: int) -> TeacherRequest:
        """The greedy request for an answer of at most `max_tokens` tokens."""
        settings = self._settings
        request = TeacherRequest(self._url, settings.model, messages, max_tokens, temperature=0.0)
        if settings.omit or settings.extra:
            request = replace(request, omit=omitted(request, settings.omit), extra=settings.extra_json)
        return request

    def is_answered(self, planned: PlannedMeasurement) -> bool:
        """See `Asker`."""
        return self._key(planned) not in self._unanswered

    def budget(self) -> Budget:
        """The limits of this model, with what this workspace has spent on it."""
        return make_budget(self._teacher(), self._store, self._settings, self._price, self._purpose)

    def count_distinct(self, planned: Iterable[PlannedMeasurement]) -> int:
        """Number of different requests: samples with a system message of their own repeat theirs."""
        return len(set(map(self._key, planned)))

    def missing(self, planned: Iterable[PlannedMeasurement]) -> list[TeacherRequest]:
        """The requests that are neither answered nor refused for good, each once."""
        requests = {request.key: request for request in map(self._request_of, planned)}
        known = self._known(requests)
        return [request for key, request in requests.items() if key not in known]

    def ask(
        self, context: StageContext, planned: Iterable[PlannedMeasurement]
    ) -> Generator[Event, None, Unanswered | None]:
        """See `Asker`."""
        prompts: Counter[str] = Counter()
        questions: dict[str, Question] = {}
        for one in planned:
            question = Question(self._request_of(one), one.sample, one.strategy)
            prompts[question.key] += 1
            questions.setdefault(question.key, question)
        teacher, plan = self._teacher(), OncePlan()
        budget = self.budget()
        ledger = Ledger(self._store, budget, context.run_id, offline=self._offline, purpose=self._purpose, save=_keep)
        loop = CallLoop(teacher, ledger, plan, self._settings, tries=1 if self._offline else self._settings.tries)
        teacher.recall_form(self._store.teacher_calls.last_form(teacher.endpoint, teacher.model))
        stopped: OrcaError | None = None
        try:
            for event in loop.run(questions.values()):
                if isinstance(event, StageProgressed | Warned):
                    yield event
        except OrcaError as error:
            stopped = error
        self._unanswered = set(questions) - self._known(questions)
        if not self._unanswered:
            return None
        reasons = Counter[str]()
        why = stopped or self._reason(budget, limited=bool(loop.counts.not_asked))
        for key in self._unanswered:
            row = None if stopped else self._store.teacher_calls.get(key)
            reasons[row.error if row is not None and row.error else why.message] += prompts[key]
        # The loop says itself what a limit left out.
        if not loop.counts.not_asked:
            answers = f"{counted(reasons.total(), 'answer')} of {prompts.total():,}"
            text = f"{self._settings.name}: {answers} are missing, and left out of its figures"
            yield Warned(f"{text}: {reasons.most_common(1)[0][0]}", hint=why.hint)
        return Unanswered(reasons, why)

    def _reason(self, budget: Budget, *, limited: bool) -> OrcaError:
        """Why questions were not answered although the endpoint did not fail as a whole."""
        command = self._purpose.command
        if self._offline:
            return RemoteError(OFFLINE, hint=f"run `{command}` without --offline")
        if limited:
            return InputError(budget.describe_limit(), hint=f"raise the limit in orca.toml and run `{command}` again")
        return RemoteError(f"{self._url} failed", hint=f"run `{command}` again: only what is missing is asked")

    def _teacher(self) -> Teacher:
        if self._offline:
            return offline_teacher(self._url, self._settings.model, OFFLINE, can_resample=True)
        return OpenAITeacher(self._settings, self._purpose)

    def _known(self, keys: Iterable[str]) -> set[str]:
        """The keys of answers that are stored, and of requests that were refused for good."""
        keys = list(keys)
        return self._store.teacher_calls.answered(keys) | self._store.teacher_calls.failures(keys).keys()

    def _request_of(self, planned: PlannedMeasurement) -> TeacherRequest:
        return self.request(planned.messages, planned.settings.max_tokens)

    def _key(self, planned: PlannedMeasurement) -> str:
        return self._request_of(planned).key


class _Kept(Frozen):
    """An answer, of which the table of calls holds the rest."""

    sample_id: str
    strategy: str
    text: str
    verified: bool | None = None
    verdict: str = Verdict.UNCHECKED.value


def _keep(question: Question, text: str) -> AnswerRow:
    return _Kept(question.sample.id, question.strategy, text)
