"""A teacher on this machine: a larger model, or the student itself, through an engine."""

from __future__ import annotations

import time

from orca_local.domain.errors import InputError
from orca_local.domain.types import Completion, Request, SamplingSettings
from orca_local.engines.base import Engine
from orca_local.rows.renderer import PromptRenderer
from orca_local.teach.refusals import refusal
from orca_local.teach.teacher import Question, TeacherAnswer


class EngineTeacher:
    """Asks an engine, which its owner opens and closes."""

    varies = True

    def __init__(self, engine: Engine, renderer: PromptRenderer, endpoint: str, model: str) -> None:
        """`endpoint` is `self` or `local`; `model` names the file by its content, and the engine with it."""
        self._engine, self._renderer = engine, renderer
        self.endpoint, self.model = endpoint, model
        self.concurrency = 2 * engine.capacity
        self._asked: dict[str, Question] = {}
        self._refused: list[TeacherAnswer] = []

    def open(self) -> None:
        """See `Teacher`."""

    def submit(self, question: Question) -> None:
        """See `Teacher`. What does not fit the context is an answer of its own."""
        asked = question.request
        settings = SamplingSettings(
            max_tokens=asked.max_tokens,
            temperature=asked.temperature,
            top_p=asked.top_p,
            # Without a seed of its own, one that differs from sample to sample.
            seed=asked.sample_index if asked.seed is None else asked.seed,
        )
        try:
            ids = self._renderer.prompt_ids(asked.messages)
            self._engine.submit(Request(question.key, asked.messages, ids, settings))
        except InputError as error:
            self._refused.append(TeacherAnswer(question, error=error.message, billed=False))
        else:
            self._asked[question.key] = question

    def step(self, wait_s: float) -> list[TeacherAnswer]:
        """See `Teacher`."""
        answers, self._refused = self._refused, []
        until = time.monotonic() + wait_s
        while self._asked and not answers:
            for item in self._engine.step():
                if isinstance(item, Completion) and item.request_id in self._asked:
                    answers.append(_answer(self._asked.pop(item.request_id), item))
            if time.monotonic() >= until:
                break
        return answers

    def close(self) -> list[Question]:
        """See `Teacher`."""
        for key in self._asked:
            self._engine.cancel(key)
        if self._asked:
            self._engine.step()  # takes the cancelled completions: the engine's next user must not get them
        unsent = [*self._asked.values()]
        self._asked.clear()
        return unsent


def _answer(question: Question, completion: Completion) -> TeacherAnswer:
    error = completion.error
    if completion.finish_reason == "length":
        error = f"the answer was cut off at {completion.completion_tokens} tokens: raise teacher.max_tokens"
    elif not error and not completion.text.strip():
        error = "the answer is empty"
    return TeacherAnswer(
        question,
        completion.text,
        error=error or refusal(completion.text),
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        response={"text": completion.text, "finish_reason": completion.finish_reason},
    )
