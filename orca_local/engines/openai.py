"""Generates with a server: llama-server, vLLM, Ollama, LM Studio or any other OpenAI-compatible endpoint."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from orca_local.domain.settings import EngineSettings
from orca_local.domain.text import is_visible
from orca_local.domain.types import Completion, FinishReason, Request, TextDelta
from orca_local.endpoints.answer import ChatAnswer
from orca_local.endpoints.chat import ChatEndpoint, ChatRequest
from orca_local.endpoints.ending import Ending, ending_of
from orca_local.engines.base import Output
from orca_local.engines.request_queue import RequestQueue
from orca_local.engines.text_stream import TextStream

PATIENCE_S = 0.5
"""How long a step waits for an answer, in seconds."""


class OpenAIEngine:
    """Sends messages, up to `capacity` at once; the server renders and tokenizes them. Implements `Engine`.

    A server may give different texts for equal seeds, and does not get `top_k` and `min_p`. A streaming request gets
    all its text in one delta. One thread owns the engine; each call runs in a thread of its own.
    """

    def __init__(self, settings: EngineSettings, environment: Mapping[str, str] | None = None) -> None:
        """Raises `InputError` if the address or the model is missing, `MissingError` if the key is missing."""
        self._chat = ChatEndpoint(settings, section="engine", environment=environment)
        self._chat.open()
        self.capacity = settings.capacity
        self.fingerprint = f"openai {self._chat.url} {self._chat.model}"
        """Address and model name, and what the settings change in each request. The server may change the model."""
        if settings.omit or settings.extra:
            self.fingerprint += f" without {', '.join(sorted(settings.omit))} with {settings.extra_json}"
        self._queue = RequestQueue()
        self._running: dict[str, Request] = {}
        self._cancelled: list[Request] = []
        self._answers: queue.SimpleQueue[tuple[Request, ChatAnswer | Exception, float]] = queue.SimpleQueue()

    def submit(self, request: Request) -> None:
        """See `Engine`."""
        self._queue.add(request, self._running)

    def step(self) -> Output:
        """Send waiting requests while there is room, and return the answers that arrived.

        Raises `RemoteError` if the endpoint cannot answer any request: wrong key, unknown model, no connection.
        """
        out: Output = [_completion(request, ChatAnswer(), "cancelled", 0.0) for request in self._cancelled]
        self._cancelled = []
        while self._queue and len(self._running) < self.capacity:
            request = self._queue.pop()
            self._running[request.id] = request
            # A daemon thread, so that a call that hangs cannot keep the program from ending.
            threading.Thread(target=self._call, args=(request,), daemon=True).start()
        deadline = time.monotonic() + PATIENCE_S
        while self._running:
            try:
                wait = 0.0 if out else max(0.0, deadline - time.monotonic())
                request, answer, seconds = self._answers.get(timeout=wait) if wait else self._answers.get_nowait()
            except queue.Empty:
                break
            # Ignore the answer to a cancelled request, even if its id is in use again.
            if self._running.get(request.id) is not request:
                continue
            del self._running[request.id]
            if isinstance(answer, Exception):
                raise answer
            out += _output(request, answer, seconds)
        return out

    def cancel(self, request_id: str) -> None:
        """See `Engine`. The call continues, and its answer is ignored."""
        request = self._queue.remove(request_id) or self._running.pop(request_id, None)
        if request:
            self._cancelled.append(request)

    def close(self) -> None:
        """See `Engine`."""
        self._queue.clear()
        self._running.clear()
        self._chat.close()

    def _call(self, request: Request) -> None:
        started = time.monotonic()
        settings = request.settings
        greedy = settings.temperature <= 0
        chat_request = ChatRequest(
            request.messages,
            settings.max_tokens,
            max(0.0, settings.temperature),
            1.0 if greedy else settings.top_p,
            None if greedy else settings.seed,
            request.stop,
        )
        try:
            answer: ChatAnswer | Exception = self._chat.complete(chat_request)
        except Exception as error:  # the next step raises it, in the caller's thread
            answer = error
        self._answers.put((request, answer, time.monotonic() - started))


def open_openai(_path: Path, settings: EngineSettings) -> OpenAIEngine:
    """The engine for `engine.kind = "openai"`; the server has the model, so the file is not read."""
    return OpenAIEngine(settings)


def _output(request: Request, answer: ChatAnswer, seconds: float) -> Output:
    problem = _problem(answer)
    reason: FinishReason = "length" if ending_of(answer.finish_reason) is Ending.CUT else "stop"
    completion = _completion(request, answer, "error" if problem else reason, seconds, problem)
    delta = [TextDelta(request.id, completion.text)] if request.stream and completion.text else []
    return [*delta, completion]


def _problem(answer: ChatAnswer) -> str:
    """Why a reply is no completion; empty if it is one. A text that `max_tokens` cut off is one."""
    if answer.error:
        return answer.error
    if answer.refusal:
        return f"refused: {answer.refusal}"
    # Counted as an answer it would be a wrong one, although the model may only have used up its tokens for reasoning
    # that the server keeps to itself.
    return "" if is_visible(answer.text) else "the answer is empty: the server sent no text before it was cut off"


def _completion(
    request: Request, answer: ChatAnswer, reason: FinishReason, seconds: float, error: str = ""
) -> Completion:
    """The completion, without the stop string that some servers leave in the text."""
    stream = TextStream(request.stop)
    stream.push(answer.text.encode())
    stream.finish()
    return Completion(
        request.id,
        stream.text,
        "stop" if stream.stopped and reason == "length" else reason,
        prompt_tokens=answer.prompt_tokens or len(request.token_ids),
        completion_tokens=answer.completion_tokens or 0,
        duration_ms=round(1000 * seconds),
        error=error,
    )
