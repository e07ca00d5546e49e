"""Returns the answers of an endpoint that are stored. Nothing here makes a call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from orca_local.domain.keys import canonical_json
from orca_local.domain.teacher_request import TeacherRequest
from orca_local.domain.types import Completion, FinishReason, Message, Request
from orca_local.endpoints.ending import Ending, ending_of
from orca_local.engines.base import Output
from orca_local.store.store import Store

NOT_STORED = "no answer is stored"


class ChatPrompts:
    """Prompts of a model whose template and tokenizer are the endpoint's own. Implements `Prompts`."""

    stops = ()

    def iter_prompt_ids(self, conversations: Iterable[Sequence[Message]]) -> Iterator[tuple[int, ...]]:
        """Yield the hash of each conversation, byte by byte: it stands for the ids in the key of the answer."""
        for messages in conversations:
            text = canonical_json([message.to_dict() for message in messages])
            yield tuple(hashlib.sha256(text.encode()).digest())

    def prompt_text(self, messages: Sequence[Message]) -> str:
        """The conversation, each message under its role."""
        return "\n\n".join(f"{message.role}: {message.content}" for message in messages)

    def close(self) -> None:
        """See `Prompts`. There is nothing to free."""


class StoredAnswers:
    """Implements `Engine` with the stored calls of one model."""

    capacity = 512

    def __init__(
        self, store: Store, make_request: Callable[[tuple[Message, ...], int], TeacherRequest], fingerprint: str
    ) -> None:
        """`make_request` makes the request for messages and a maximum of tokens, whose key the answer has."""
        self._store, self._make_request, self._fingerprint = store, make_request, fingerprint
        self._waiting: dict[str, Request] = {}
        self._cancelled: list[str] = []

    @property
    def fingerprint(self) -> str:
        """Address and model name, and what the settings change in each request."""
        return self._fingerprint

    def submit(self, request: Request) -> None:
        """See `Engine`."""
        if request.id in self._waiting:
            raise ValueError(f"request {request.id} has not ended yet")
        self._waiting[request.id] = request

    def step(self) -> Output:
        """Return the stored answers to all requests."""
        waiting, self._waiting = self._waiting, {}
        cancelled, self._cancelled = self._cancelled, []
        out: Output = [Completion(request_id, "", "cancelled", 0, 0, 0) for request_id in cancelled]
        return out + [self._completion(request) for request in waiting.values()]

    def cancel(self, request_id: str) -> None:
        """See `Engine`."""
        if self._waiting.pop(request_id, None) is not None:
            self._cancelled.append(request_id)

    def close(self) -> None:
        """See `Engine`."""
        self._waiting.clear()

    def _completion(self, request: Request) -> Completion:
        row = self._store.teacher_calls.get(self._make_request(request.messages, request.settings.max_tokens).key)
        if row is None or row.state != "done" or row.response is None:
            return Completion(request.id, "", "error", 0, 0, 0, error=row.error if row and row.error else NOT_STORED)
        is_cut = ending_of(str(row.response.get("finish_reason", ""))) is Ending.CUT
        reason: FinishReason = "length" if is_cut else "stop"
        text = row.response.get("text") or ""
        return Completion(request.id, text, reason, row.prompt_tokens, row.completion_tokens, duration_ms=0)
