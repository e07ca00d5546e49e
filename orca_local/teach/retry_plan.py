"""Which questions to ask about a sample, and which follow if no answer matches the reference. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from orca_local.domain.erasure import leaks
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.teacher_request import TeacherRequest
from orca_local.domain.types import Sample
from orca_local.kinds.prompts import hinted_messages, student_messages, teacher_messages
from orca_local.kinds.scoring import is_trained_on
from orca_local.kinds.training_text import is_still_right, training_text
from orca_local.teach.ledger import AnswerRow
from orca_local.teach.request_settings import omitted
from orca_local.teach.teacher import Question, Teacher


@dataclass
class _SampleState:
    """Progress of one sample."""

    questions: int
    """Questions without a hint so far."""
    open: int
    """Questions without an answer."""
    succeeded: bool = False
    """Whether a usable answer came."""
    hinted: bool = False
    """Whether the question with the reference was asked."""


class RetryPlan:
    """Asks for `samples` answers, then one by one for up to `attempts` more at a higher temperature, then with a hint.

    Equal answers lead to equal questions, so a repeated run finds all of them in the store.
    """

    def __init__(self, teacher: Teacher, strategies: Mapping[str, Strategy], settings: TeacherSettings) -> None:
        """`strategies` gives each task its strategy."""
        self._endpoint, self._model, self._strategies = teacher.endpoint, teacher.model, strategies
        self._is_student = teacher.endpoint == "self"
        self._settings = settings
        self._samples = settings.samples if teacher.can_resample else 1
        self._attempts = settings.attempts if teacher.can_resample else 0
        self._hints = teacher.can_resample and settings.on_mismatch == "with_hint"
        self._states: dict[str, _SampleState] = {}
        self.finished = 0
        """Number of samples without further questions."""

    def first_questions(self, sample: Sample) -> list[Question]:
        """The questions that are always asked."""
        self._states[sample.id] = _SampleState(self._samples, self._samples)
        return [self._question(sample, index) for index in range(self._samples)]

    def is_usable(self, question: Question, row: AnswerRow) -> bool:
        """Whether an answer can be trained on: it is not wrong, holds no remains of other turns where it is not clear
        what belongs to it, and does not reveal the instruction.

        An answer that is only similar to the reference is worth another question, if its kind does not train on it.
        """
        sample = question.sample
        if row.verified is False or not is_trained_on(sample, row.verdict):
            return False
        part = training_text(row.text, sample)
        if part.reason or (part.removed and not is_still_right(sample, part.text)):
            return False
        return not leaks(part.text, self._strategies[sample.task], sample.text)

    def follow_up(self, question: Question, *, usable: bool | None) -> list[Question]:
        """The questions after an answer. `usable` is None if there was no answer and asking again is useless."""
        state = self._states[question.sample.id]
        state.open -= 1
        state.succeeded |= bool(usable)
        if state.open:
            return []
        questions = [] if state.succeeded or usable is None else self._retry(question, state)
        self.finished += not questions
        return questions

    def _retry(self, question: Question, state: _SampleState) -> list[Question]:
        if state.questions < self._samples + self._attempts:
            state.questions += 1
            state.open += 1
            return [self._question(question.sample, state.questions - 1)]
        if self._hints and not state.hinted and question.sample.answers:
            state.hinted = True
            state.open += 1
            return [self._hinted_question(question.sample)]
        return []

    def _question(self, sample: Sample, index: int) -> Question:
        settings, strategy = self._settings, self._strategies[sample.task]
        is_retry = index >= self._samples
        # The student is asked as in the probe; other teachers may get more detailed instructions. All are asked for the
        # form of the answer, because a teacher's answers are verified in that form.
        as_in_probe = self._is_student and strategy.asks_form
        messages = student_messages(sample, strategy) if as_in_probe else teacher_messages(sample, strategy)
        request = TeacherRequest(
            endpoint=self._endpoint,
            model=self._model,
            messages=messages,
            max_tokens=settings.max_tokens,
            temperature=max(settings.temperature, settings.retry_temperature) if is_retry else settings.temperature,
            top_p=settings.top_p,
            seed=None if settings.seed is None else settings.seed + index,
            sample_index=index,
            response_format=settings.response_format,
        )
        if settings.kind == "openai" and (settings.omit or settings.extra):
            request = replace(request, omit=omitted(request, settings.omit), extra=settings.extra_json)
        return Question(request, sample, strategy.name)

    def _hinted_question(self, sample: Sample) -> Question:
        question = self._question(sample, 0)
        messages = hinted_messages(sample, question.request.messages)
        return replace(question, request=replace(question.request, messages=messages), hinted=True)
