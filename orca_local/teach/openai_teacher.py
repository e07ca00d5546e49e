"""A teacher behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from orca_local.domain.copy_fields import copy_fields
from orca_local.domain.endpoint_settings import CallSettings
from orca_local.domain.teacher_request import TeacherRequest
from orca_local.endpoints.answer import ChatAnswer
from orca_local.endpoints.chat import ChatEndpoint, ChatRequest
from orca_local.teach.purpose import TEACHING, Purpose
from orca_local.teach.refusals import unusable_reason
from orca_local.teach.teacher import Question

GROUPING_S = 0.02
"""After the first answer, `step` waits this long for more, so that they are stored in one transaction."""


class OpenAITeacher:
    """Makes each call once, in its own threads. The call loop decides about retries."""

    can_resample = True

    def __init__(self, settings: CallSettings, purpose: Purpose = TEACHING) -> None:
        """Raises `InputError` if address or model is missing."""
        self._chat, self._purpose = ChatEndpoint(settings, section=purpose.section), purpose
        self.endpoint = self._chat.url
        self.model = settings.model
        self.concurrency = settings.concurrency
        self._questions: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[ChatAnswer | Exception] = queue.SimpleQueue()
        self._in_flight = self._started = 0
        self._lock, self._running = threading.Lock(), 0
        """Number of running threads. The last one to end closes the connections: no call can be under way then."""

    def open(self) -> None:
        """See `Teacher`."""
        self._chat.open()

    def recall_form(self, form: Mapping[str, Any]) -> None:
        """See `Teacher`."""
        self._chat.recall_form(form)

    def submit(self, question: Question) -> None:
        """See `Teacher`."""
        self._in_flight += 1
        if self._started < min(self._in_flight, self.concurrency):
            self._started += 1
            with self._lock:
                self._running += 1
            # A daemon thread: a call that hangs must not keep the program from ending.
            threading.Thread(target=self._work, daemon=True).start()
        self._questions.put(question)

    def step(self, wait_s: float) -> list[ChatAnswer]:
        """See `Teacher`."""
        answers: list[ChatAnswer] = []
        deadline = time.monotonic() + wait_s
        while True:
            try:
                wait = deadline - time.monotonic()
                item = self._answers.get(timeout=wait) if wait > 0 else self._answers.get_nowait()
            except queue.Empty:
                return answers
            self._in_flight -= 1
            if isinstance(item, Exception):
                raise item
            if not answers:
                deadline = min(deadline, time.monotonic() + GROUPING_S)
            answers.append(item)

    def close(self) -> list[Question]:
        """See `Teacher`."""
        unsent = []
        with suppress(queue.Empty):
            while (question := self._questions.get_nowait()) is not None:
                unsent.append(question)
        for _ in range(self._started):
            self._questions.put(None)
        return unsent

    def _work(self) -> None:
        while (question := self._questions.get()) is not None:
            try:
                answer = self._chat.complete_once(chat_request(question.request))
                self._answers.put(checked(question, answer, self._purpose))
            except Exception as error:  # a bug of ours: `step` raises it in the owner's thread
                self._answers.put(error)
        with self._lock:
            self._running -= 1
            if not self._running:
                self._chat.close()


def chat_request(request: TeacherRequest) -> ChatRequest:
    """The part of a request that is sent."""
    return copy_fields(ChatRequest, request)


def checked(question: Question, answer: ChatAnswer, purpose: Purpose = TEACHING) -> ChatAnswer:
    """The answer to a question; its `error` says why it cannot be learned from."""
    if purpose.keeps_all and answer.refusal and not answer.text:
        answer = replace(answer, text=answer.refusal, refusal="")
    return replace(answer, request_id=question.key, error=unusable_reason(answer, question.request.max_tokens, purpose))
