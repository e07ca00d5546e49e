"""A teacher on this machine: a larger model, or the student itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orca_local.domain.copy_fields import copy_fields
from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Completion, Request, SamplingSettings
from orca_local.endpoints.answer import ChatAnswer
from orca_local.engines.base import Engine
from orca_local.rows.renderer import PromptRenderer
from orca_local.teach.purpose import TEACHING, Purpose
from orca_local.teach.refusals import unusable_reason
from orca_local.teach.teacher import Question


class LocalModel(Frozen):
    """A loaded model. Whoever loaded it closes it."""

    engine: Engine
    renderer: PromptRenderer
    name: str
    """Names the file by its content, and the engine; part of every key."""


class EngineTeacher:
    """Asks an engine."""

    can_resample = True

    def __init__(self, model: LocalModel, endpoint: str, purpose: Purpose = TEACHING) -> None:
        """`endpoint` is `self` or `local`."""
        self._engine, self._renderer, self._purpose = model.engine, model.renderer, purpose
        self.endpoint, self.model = endpoint, model.name
        self.concurrency = 2 * model.engine.capacity
        self._questions: dict[str, Question] = {}
        self._rejected: list[ChatAnswer] = []

    def open(self) -> None:
        """See `Teacher`."""

    def recall_form(self, form: Mapping[str, Any]) -> None:
        """See `Teacher`."""

    def submit(self, question: Question) -> None:
        """See `Teacher`. A prompt that does not fit the context gets an answer with an error."""
        request = question.request
        settings = SamplingSettings(
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            top_p=request.top_p,
            # Several answers to one question need different seeds.
            seed=request.sample_index if request.seed is None else request.seed,
        )
        try:
            ids = self._renderer.prompt_ids(request.messages)
            self._engine.submit(Request(question.key, request.messages, ids, settings, stop=self._renderer.stops))
        except InputError as error:
            self._rejected.append(ChatAnswer(request_id=question.key, error=error.message, billed=False))
        else:
            self._questions[question.key] = question

    def step(self, wait_s: float) -> list[ChatAnswer]:
        """See `Teacher`."""
        answers, self._rejected = self._rejected, []
        deadline = time.monotonic() + wait_s
        while self._questions and not answers:
            for item in self._engine.step():
                if isinstance(item, Completion) and item.request_id in self._questions:
                    del self._questions[item.request_id]
                    answers.append(_answer(item, self._purpose))
            if time.monotonic() >= deadline:
                break
        return answers

    def close(self) -> list[Question]:
        """See `Teacher`."""
        for key in self._questions:
            self._engine.cancel(key)
        if self._questions:
            self._engine.step()  # takes the cancelled completions: the engine's next user must not get them
        unsent = [*self._questions.values()]
        self._questions.clear()
        return unsent


def _answer(completion: Completion, purpose: Purpose) -> ChatAnswer:
    answer = copy_fields(ChatAnswer, completion)
    return replace(answer, error=unusable_reason(answer, completion.completion_tokens, purpose))
