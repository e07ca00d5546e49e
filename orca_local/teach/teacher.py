"""The seam between the teach stage and whoever answers: like an engine, a teacher takes questions and steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from orca_local.domain.errors import RemoteError
from orca_local.domain.teaching import TeacherRequest
from orca_local.domain.types import Sample


@dataclass(frozen=True)
class Question:
    """A request, and the sample it is about."""

    request: TeacherRequest
    sample: Sample
    strategy: str
    hinted: bool = False
    """Whether the teacher is shown the reference."""

    @cached_property
    def key(self) -> str:
        """Names the call."""
        return self.request.key


@dataclass(frozen=True, slots=True)
class TeacherAnswer:
    """What came back for one question."""

    question: Question
    text: str = ""
    error: str = ""
    """Why there is no usable text; empty where there is."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    """By the teacher's own count; None where it said none."""
    response: dict[str, Any] = field(default_factory=dict)
    """What is kept of the response, free of secrets."""
    passing: bool = False
    """Whether the same question may be answered later."""
    limited: bool = False
    """Whether the teacher wants fewer calls."""
    retry_after_s: float | None = None
    billed: bool = True
    """Whether the try may have cost something."""
    fatal: RemoteError | None = None
    """Where the same would come back for every question."""


class Teacher(Protocol):
    """Answers questions, in any order. One thread owns it."""

    @property
    def endpoint(self) -> str:
        """Normalised address, or the name of a teacher that is none."""

    @property
    def model(self) -> str:
        """Model name, as the endpoint knows it; of a file on this machine, a name with its hash."""

    @property
    def varies(self) -> bool:
        """Whether it can answer the same question otherwise."""

    @property
    def concurrency(self) -> int:
        """Questions that it may be given at once."""

    def open(self) -> None:
        """Make ready. Raises `MissingError` or `InputError` where nothing could be asked at all."""

    def submit(self, question: Question) -> None:
        """Ask."""

    def step(self, wait_s: float) -> list[TeacherAnswer]:
        """Answers that have come, one a question; waits for the first of them at most `wait_s`."""

    def close(self) -> list[Question]:
        """Drop what is on its way; returns what was submitted and never sent. Safe to call twice."""


class ReadyTeacher:
    """A teacher whose answers are at hand."""

    varies = False
    concurrency = 512

    def __init__(self, endpoint: str, model: str, answer: Callable[[Question], TeacherAnswer]) -> None:
        self.endpoint, self.model = endpoint, model
        self._answer = answer
        self._asked: deque[Question] = deque()

    def open(self) -> None:
        """See `Teacher`."""

    def submit(self, question: Question) -> None:
        """See `Teacher`."""
        self._asked.append(question)

    def step(self, wait_s: float) -> list[TeacherAnswer]:
        """See `Teacher`."""
        answers = [self._answer(question) for question in self._asked]
        self._asked.clear()
        return answers

    def close(self) -> list[Question]:
        """See `Teacher`."""
        unsent = [*self._asked]
        self._asked.clear()
        return unsent
