"""A teacher behind any OpenAI-compatible endpoint."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

from orca_local.domain.settings import TeacherSettings
from orca_local.domain.teaching import TeacherRequest
from orca_local.endpoints.chat import ChatAnswer, ChatEndpoint, ChatQuestion
from orca_local.teach.refusals import refusal
from orca_local.teach.teacher import Question, TeacherAnswer

TOGETHER_S = 0.02
"""How long answers are waited for that come right after one."""


class OpenAITeacher:
    """Each call is made once; whether it is worth another try, and when, its owner decides.

    Threads carry the calls, and a queue brings the answers back.
    """

    varies = True

    def __init__(self, settings: TeacherSettings, environment: Mapping[str, str] | None = None) -> None:
        """Raises `InputError` where address or model is missing."""
        self._chat = ChatEndpoint(settings, section="teacher", environment=environment)
        self.endpoint = self._chat.url
        self.model = settings.model
        self.concurrency = settings.concurrency
        self._asked: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[TeacherAnswer | Exception] = queue.SimpleQueue()
        self._threads = self._busy = 0
        self._closed = threading.Event()
        self._leaving, self._working = threading.Lock(), 0
        """The last thread that ends closes the connections: before that a call may still be under way."""

    def open(self) -> None:
        """See `Teacher`."""
        self._chat.open()

    def submit(self, question: Question) -> None:
        """See `Teacher`."""
        self._busy += 1
        if self._threads < min(self._busy, self.concurrency):
            self._threads += 1
            with self._leaving:
                self._working += 1
            # A daemon: a call that hangs must not keep the program from ending.
            threading.Thread(target=self._work, daemon=True).start()
        self._asked.put(question)

    def step(self, wait_s: float) -> list[TeacherAnswer]:
        """See `Teacher`."""
        found: list[TeacherAnswer] = []
        until = time.monotonic() + wait_s
        while True:
            try:
                left = until - time.monotonic()
                item = self._answers.get(timeout=left) if left > 0 else self._answers.get_nowait()
            except queue.Empty:
                return found
            self._busy -= 1
            if isinstance(item, Exception):
                raise item
            if not found:
                # Those that come with it are kept with it: a disk that is waited for once, not for each.
                until = min(until, time.monotonic() + TOGETHER_S)
            found.append(item)

    def close(self) -> list[Question]:
        """See `Teacher`."""
        self._closed.set()
        unsent = []
        with suppress(queue.Empty):
            while (question := self._asked.get_nowait()) is not None:
                unsent.append(question)
        for _ in range(self._threads):
            self._asked.put(None)
        return unsent

    def _work(self) -> None:
        while (question := self._asked.get()) is not None:
            try:
                self._answers.put(self._ask(question))
            except Exception as error:  # a bug of ours: raised in the owner's thread
                self._answers.put(error)
        with self._leaving:
            self._working -= 1
            if not self._working:
                self._chat.close()

    def _ask(self, question: Question) -> TeacherAnswer:
        return as_teacher_answer(question, self._chat.try_once(as_chat_question(question.request)))


def as_chat_question(request: TeacherRequest) -> ChatQuestion:
    """What is sent of a request."""
    return ChatQuestion(
        request.messages,
        request.max_tokens,
        request.temperature,
        request.top_p,
        request.seed,
        response_format=request.response_format,
    )


def as_teacher_answer(question: Question, found: ChatAnswer) -> TeacherAnswer:
    """What came back, with what is wrong about it."""
    return TeacherAnswer(
        question,
        found.text,
        error=flaw(found, question.request.max_tokens),
        prompt_tokens=found.prompt_tokens,
        completion_tokens=found.completion_tokens,
        response=found.raw,
        passing=found.passing,
        limited=found.limited,
        retry_after_s=found.retry_after_s,
        billed=found.billed,
        fatal=found.fatal,
    )


def flaw(answer: ChatAnswer, max_tokens: int) -> str:
    """Why an answer is not one to learn from; empty where it is."""
    if answer.error:
        return answer.error
    if answer.refusal:
        return f"the teacher refused: {answer.refusal}"
    if answer.finish_reason == "length":
        return f"the answer was cut off at {max_tokens} tokens: raise teacher.max_tokens"
    if answer.finish_reason == "content_filter":
        return "the endpoint's content filter cut the answer"
    if not answer.text.strip():
        return "the answer is empty"
    return refusal(answer.text)
