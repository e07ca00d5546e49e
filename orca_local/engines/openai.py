"""A student that something else serves: llama-server, vLLM, Ollama, LM Studio, or any OpenAI-compatible endpoint."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from orca_local.domain.settings import EngineSettings
from orca_local.domain.types import Completion, FinishReason, Request, TextDelta
from orca_local.endpoints.answer import ChatAnswer
from orca_local.endpoints.chat import ChatEndpoint, ChatRequest
from orca_local.engines.base import Output
from orca_local.engines.request_queue import RequestQueue
from orca_local.engines.text_stream import TextStream

PATIENCE_S = 0.5
"""How long a step waits for an answer before it returns without one."""


class OpenAIEngine:
    """Sends messages, up to `capacity` at once; the server renders and tokenizes them itself.

    A server decodes as it will: equal seeds need not give equal texts, and `top_k` and `min_p` are not sent. A
    streaming request has all its text in one delta. One thread owns the engine; its own threads carry the calls.
    """

    def __init__(self, settings: EngineSettings, environment: Mapping[str, str] | None = None) -> None:
        """Raises `InputError` where address or model is missing, `MissingError` where the key is."""
        self._chat = ChatEndpoint(settings, section="engine", environment=environment)
        self._chat.open()
        self._capacity = settings.capacity
        self._queue = RequestQueue()
        self._running: dict[str, Request] = {}
        self._cancelled: list[Request] = []
        self._answers: queue.SimpleQueue[tuple[Request, ChatAnswer | Exception, float]] = queue.SimpleQueue()

    @property
    def capacity(self) -> int:
        """How many calls are made at once."""
        return self._capacity

    @property
    def fingerprint(self) -> str:
        """Address and model: what is behind them is not known here."""
        return f"openai {self._chat.url} {self._chat.model}"

    def submit(self, request: Request) -> None:
        """Queue a request."""
        self._queue.add(request, self._running)

    def step(self) -> Output:
        """Make calls while there is room, and return what has been answered.

        Raises `RemoteError` where the endpoint can answer nothing: a wrong key, an unknown model, no connection.
        """
        out: Output = [_completion(request, ChatAnswer(), "cancelled", 0.0) for request in self._cancelled]
        self._cancelled = []
        while self._queue and len(self._running) < self._capacity:
            request = self._queue.pop()
            self._running[request.id] = request
            # A daemon: a call that hangs must not keep the program from ending.
            threading.Thread(target=self._call, args=(request,), daemon=True).start()
        deadline = time.monotonic() + PATIENCE_S
        while self._running:
            try:
                wait = 0.0 if out else max(0.0, deadline - time.monotonic())
                request, answer, seconds = self._answers.get(timeout=wait) if wait else self._answers.get_nowait()
            except queue.Empty:
                break
            # What was cancelled, and what has the id of something cancelled, is not waited for any more.
            if self._running.get(request.id) is not request:
                continue
            del self._running[request.id]
            if isinstance(answer, Exception):
                raise answer
            out += _output(request, answer, seconds)
        return out

    def cancel(self, request_id: str) -> None:
        """End a request; the call goes on, but nobody waits for it. An unknown id is ignored."""
        request = self._queue.remove(request_id) or self._running.pop(request_id, None)
        if request:
            self._cancelled.append(request)

    def close(self) -> None:
        """Close the connections. Safe to call twice."""
        self._queue.clear()
        self._running.clear()
        self._chat.close()

    def _call(self, request: Request) -> None:
        started = time.monotonic()
        settings = request.settings
        greedy = settings.temperature <= 0
        question = ChatRequest(
            request.messages,
            settings.max_tokens,
            max(0.0, settings.temperature),
            1.0 if greedy else settings.top_p,
            None if greedy else settings.seed,
            request.stop,
        )
        try:
            answer: ChatAnswer | Exception = self._chat.complete(question)
        except Exception as error:  # raised by the step that finds it, in the caller's thread
            answer = error
        self._answers.put((request, answer, time.monotonic() - started))


def open_openai(_path: Path, settings: EngineSettings) -> OpenAIEngine:
    """The engine for `engine.kind = "openai"`; the server has the model, so the file is not read."""
    return OpenAIEngine(settings)


def _output(request: Request, answer: ChatAnswer, seconds: float) -> Output:
    completion = _completion(request, answer, _reason(answer), seconds)
    delta = [TextDelta(request.id, completion.text)] if request.stream and completion.text else []
    return [*delta, completion]


def _reason(answer: ChatAnswer) -> FinishReason:
    if answer.error or answer.refusal:
        return "error"
    return "length" if answer.finish_reason == "length" else "stop"


def _completion(request: Request, answer: ChatAnswer, reason: FinishReason, seconds: float) -> Completion:
    """Servers differ in whether a stop text is part of the answer; here it never is."""
    stream = TextStream(request.stop)
    stream.push(answer.text.encode(errors="replace"))
    stream.finish()
    return Completion(
        request.id,
        stream.text,
        "stop" if stream.stopped and reason == "length" else reason,
        prompt_tokens=answer.prompt_tokens or len(request.token_ids),
        completion_tokens=answer.completion_tokens or 0,
        duration_ms=round(1000 * seconds),
        error=answer.error or (f"refused: {answer.refusal}" if answer.refusal else ""),
    )
