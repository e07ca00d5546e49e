"""A teacher behind any OpenAI-compatible endpoint."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence

from orca_local.domain.settings import TeacherSettings
from orca_local.endpoints.chat import ChatEndpoint, ChatQuestion
from orca_local.teach.teacher import Question, TeacherAnswer


class OpenAITeacher:
    """Asks with bounded concurrency.

    Threads carry the calls and a queue brings the answers back to the caller's thread, which alone touches
    the store.
    """

    def __init__(self, settings: TeacherSettings, environment: Mapping[str, str] | None = None) -> None:
        self._chat = ChatEndpoint(settings, section="teacher", environment=environment)
        self.endpoint = self._chat.url
        self.model = settings.model
        self._concurrency = settings.concurrency

    def answer(self, questions: Sequence[Question]) -> Iterator[TeacherAnswer]:
        """See `Teacher`."""
        if not questions:
            return
        self._chat.open()
        waiting: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
        answered: queue.SimpleQueue[TeacherAnswer | Exception] = queue.SimpleQueue()
        stop = threading.Event()
        for question in questions:
            waiting.put(question)
        count = min(self._concurrency, len(questions))
        for _ in range(count):
            waiting.put(None)

        def work() -> None:
            while not stop.is_set() and (question := waiting.get()) is not None:
                try:
                    answered.put(self._ask(question))
                except Exception as error:  # raised below, in the caller's thread
                    answered.put(error)
                    return

        # Daemons: a call that hangs must not keep the program from ending.
        for _ in range(count):
            threading.Thread(target=work, daemon=True).start()
        fatal: Exception | None = None
        try:
            for _ in questions:
                item = answered.get()
                if isinstance(item, Exception):
                    fatal = item
                    break
                yield item
            if fatal is not None:
                stop.set()
                # Answers that are paid for and already here are not thrown away with the run.
                while not answered.empty():
                    late = answered.get()
                    if isinstance(late, TeacherAnswer):
                        yield late
                raise fatal
        finally:
            stop.set()

    def _ask(self, question: Question) -> TeacherAnswer:
        request = question.request
        wanted = ChatQuestion(request.messages, request.max_tokens, request.temperature, request.top_p, request.seed)
        found = self._chat.ask(wanted)
        error = found.error
        if found.refusal:
            error = f"the teacher refused: {found.refusal}"
        elif found.finish_reason == "length":
            error = f"the answer was cut off at {request.max_tokens} tokens: raise teacher.max_tokens"
        elif found.finish_reason == "content_filter":
            error = "the endpoint's content filter cut the answer"
        elif not error and not found.text.strip():
            error = "the answer is empty"
        if error:
            return TeacherAnswer(question, error=error)
        return TeacherAnswer(
            question,
            found.text,
            prompt_tokens=found.prompt_tokens,
            completion_tokens=found.completion_tokens,
            response=found.raw,
        )
