"""The interface of teachers. Like an engine, a teacher takes requests with `submit` and returns answers with `step`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Protocol

from orca_local.domain.frozen import Frozen
from orca_local.domain.teacher_request import TeacherRequest
from orca_local.domain.types import Sample
from orca_local.endpoints.answer import ChatAnswer


class Question(Frozen):
    """A request to a teacher, with the sample that it is about."""

    request: TeacherRequest
    sample: Sample
    strategy: str
    hinted: bool = False
    """Whether the teacher is shown the reference."""

    @cached_property
    def key(self) -> str:
        """Hash of the whole request; the answer is stored under it."""
        return self.request.key


class Teacher(Protocol):
    """Answers questions in any order. One thread owns it."""

    endpoint: str
    """Normalised base URL, or `file`, `starter`, `local` or `self`."""
    model: str
    """Name of the model at the endpoint; for a local file its name and hash."""
    can_resample: bool
    """Whether asking again can give a different answer."""
    concurrency: int
    """Maximum number of questions in flight."""

    def open(self) -> None:
        """Prepare for calls. Raises `MissingError` or `InputError` if none can be made."""

    def recall_form(self, form: Mapping[str, Any]) -> None:
        """Ask in the form of earlier answers, as `ChatAnswer.form` has it. Only an endpoint has forms."""

    def submit(self, question: Question) -> None:
        """Ask a question."""

    def step(self, wait_s: float) -> list[ChatAnswer]:
        """Answers that have arrived, named by `request_id`; waits at most `wait_s` seconds for the first."""

    def close(self) -> list[Question]:
        """Drop what is in flight and return the questions that were never sent. Safe to call twice."""


class LookupTeacher:
    """A teacher that looks its answers up and needs no waiting."""

    concurrency = 512

    def __init__(
        self, endpoint: str, model: str, answer: Callable[[Question], ChatAnswer], *, can_resample: bool = False
    ) -> None:
        self.endpoint, self.model, self.can_resample = endpoint, model, can_resample
        self._answer = answer
        self._questions: list[Question] = []

    def recall_form(self, form: Mapping[str, Any]) -> None:
        """See `Teacher`."""

    def open(self) -> None:
        """See `Teacher`."""

    def submit(self, question: Question) -> None:
        """See `Teacher`."""
        self._questions.append(question)

    def step(self, wait_s: float) -> list[ChatAnswer]:
        """See `Teacher`."""
        return [self._answer(question) for question in self.close()]

    def close(self) -> list[Question]:
        """See `Teacher`."""
        unsent, self._questions = self._questions, []
        return unsent
