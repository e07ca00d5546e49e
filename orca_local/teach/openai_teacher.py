"""A teacher behind any OpenAI-compatible endpoint."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping

from orca_local.domain.settings import TeacherSettings
from orca_local.endpoints.chat import ChatAnswer, ChatEndpoint, ChatQuestion
from orca_local.teach.flaws import refusal
from orca_local.teach.teacher import Question, TeacherAnswer


class OpenAITeacher:
    """Each call is made once; whether it is worth another try, and when, its owner decides.

    Threads carry the calls, and a queue brings the answers back.
    """

    varies = True

    def __init__(self, settings: TeacherSettings, environment: Mapping[str, str] | None = None) -> None:
        """Raises `InputError` where address or model is missing."""
        self._chat = ChatEndpoint(settings, section="teacher", retries=False, environment=environment)
        self.endpoint = self._chat.url
        self.model = settings.model
        self.concurrency = settings.concurrency
        self._asked: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[TeacherAnswer | Exception] = queue.SimpleQueue()
        self._threads = self._busy = 0
        self._closed = threading.Event()

    def submit(self, question: Question) -> None:
        """See `Teacher`. The first question makes the client."""
        if not self._threads:
            self._chat.open()
        self._busy += 1
        if self._threads < min(self._busy, self.concurrency):
            self._threads += 1
            # A daemon: a call that hangs must not keep the program from ending.
            threading.Thread(target=self._work, daemon=True).start()
        self._asked.put(question)

    def step(self, wait_s: float) -> list[TeacherAnswer]:
        """See `Teacher`."""
        found: list[TeacherAnswer] = []
        while True:
            try:
                item = self._answers.get(timeout=wait_s) if not found and wait_s > 0 else self._answers.get_nowait()
            except queue.Empty:
                return found
            self._busy -= 1
            if isinstance(item, Exception):
                raise item
            found.append(item)

    def close(self) -> None:
        """See `Teacher`."""
        self._closed.set()
        for _ in range(self._threads):
            self._asked.put(None)

    def _work(self) -> None:
        while (question := self._asked.get()) is not None and not self._closed.is_set():
            try:
                self._answers.put(self._ask(question))
            except Exception as error:  # a bug of ours: raised in the owner's thread
                self._answers.put(error)

    def _ask(self, question: Question) -> TeacherAnswer:
        request = question.request
        found = self._chat.try_once(
            ChatQuestion(
                request.messages,
                request.max_tokens,
                request.temperature,
                request.top_p,
                request.seed,
                response_format=request.response_format,
            )
        )
        return TeacherAnswer(
            question,
            found.text,
            error=flaw(found, request.max_tokens),
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
