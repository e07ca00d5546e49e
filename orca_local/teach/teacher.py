"""The seam between the teach stage and whoever answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from orca_local.domain.teaching import TeacherRequest
from orca_local.domain.types import Sample


@dataclass(frozen=True, slots=True)
class Question:
    """A request, and the sample it is about."""

    request: TeacherRequest
    sample: Sample
    strategy: str


@dataclass(frozen=True, slots=True)
class TeacherAnswer:
    """What came back for one question."""

    question: Question
    text: str = ""
    error: str = ""
    """Why there is no usable text; empty where there is."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    response: dict[str, Any] = field(default_factory=dict)
    """What is kept of the response, free of secrets."""


class Teacher(Protocol):
    """Answers questions, in any order."""

    @property
    def endpoint(self) -> str:
        """Normalised address, or the name of a teacher that is none."""

    @property
    def model(self) -> str:
        """Model name, as the endpoint knows it."""

    def answer(self, questions: Sequence[Question]) -> Iterator[TeacherAnswer]:
        """One answer per question, as they arrive; closing the iterator drops what is not sent yet.

        Raises `MissingError` or `RemoteError` where no further question could be answered.
        """
