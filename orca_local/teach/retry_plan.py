"""What is asked of a sample, and what next where no answer agrees with the reference. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from orca_local.domain.erasure import leaks
from orca_local.domain.prompts import hinted_messages, student_messages, teacher_messages
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.teaching import TeacherRequest
from orca_local.domain.types import Sample
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.teach.teacher import Question


@dataclass
class _Rung:
    """Where one sample stands."""

    asked: int
    open: int
    right: bool = False
    hinted: bool = False


class Ladder:
    """`samples` answers first; then, one at a time and at a higher temperature, up to `attempts` more; then a hint.

    The same answers give the same questions, so a run that is repeated finds all of them in the store.
    """

    def __init__(
        self, endpoint: str, model: str, chosen: Mapping[str, Strategy], settings: TeacherSettings, *, varies: bool
    ) -> None:
        self._endpoint, self._model, self._chosen = endpoint, model, chosen
        # The student answers as it was probed; a teacher may be told more.
        self._messages = student_messages if endpoint == "self" else teacher_messages
        self._settings = settings
        self._samples = settings.samples if varies else 1
        self._attempts = settings.attempts if varies else 0
        self._hints = varies and settings.on_mismatch == "with_hint"
        self._rungs: dict[str, _Rung] = {}
        self.finished = 0
        """Samples of which nothing more will be asked."""

    def first(self, sample: Sample) -> list[Question]:
        """The questions that are asked in any case."""
        self._rungs[sample.id] = _Rung(self._samples, self._samples)
        return [self._question(sample, index) for index in range(self._samples)]

    def is_good(self, question: Question, row: DemonstrationRow) -> bool:
        """Whether an answer can be trained on: it is right, as far as is known, and gives no instruction away."""
        sample = question.sample
        return row.verified is not False and not leaks(row.text, self._chosen[sample.task], sample.prompt)

    def next(self, question: Question, *, right: bool | None) -> list[Question]:
        """What to ask after an answer that was `right`, or not, or after none (None: asking again is of no use)."""
        rung = self._rungs[question.sample.id]
        rung.open -= 1
        rung.right |= bool(right)
        if rung.open:
            return []
        following = [] if rung.right or right is None else self._climb(question, rung)
        self.finished += not following
        return following

    def _climb(self, question: Question, rung: _Rung) -> list[Question]:
        if rung.asked < self._samples + self._attempts:
            rung.asked += 1
            rung.open += 1
            return [self._question(question.sample, rung.asked - 1)]
        if self._hints and not rung.hinted and question.sample.answers:
            rung.hinted = True
            rung.open += 1
            return [self._hint(question.sample)]
        return []

    def _question(self, sample: Sample, index: int) -> Question:
        settings, strategy = self._settings, self._chosen[sample.task]
        again = index >= self._samples
        request = TeacherRequest(
            endpoint=self._endpoint,
            model=self._model,
            messages=self._messages(sample, strategy),
            max_tokens=settings.max_tokens,
            temperature=max(settings.temperature, settings.retry_temperature) if again else settings.temperature,
            top_p=settings.top_p,
            seed=None if settings.seed is None else settings.seed + index,
            sample_index=index,
            response_format=settings.response_format,
        )
        return Question(request, sample, strategy.name)

    def _hint(self, sample: Sample) -> Question:
        question = self._question(sample, 0)
        messages = hinted_messages(sample, question.request.messages)
        return replace(question, request=replace(question.request, messages=messages), hinted=True)
