"""The JSON objects of the API, as OpenAI defines them."""

from __future__ import annotations

import json
import time
from dataclasses import field
from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Completion

DONE = b"data: [DONE]\n\n"
"""The last event of a whole stream."""


class Reply(Frozen):
    """What all objects of one answer have in common."""

    id: str
    model: str
    fingerprint: str
    is_chat: bool
    """Whether it answers a chat request; otherwise it continues a text."""
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, completion: Completion) -> dict[str, Any]:
        """The answer in one object."""
        text = completion.text
        part = {"message": {"role": "assistant", "content": text}} if self.is_chat else {"text": text}
        choice = {"index": 0, **part, "logprobs": None, "finish_reason": completion.finish_reason}
        return {**self._head(), "choices": [choice], "usage": _usage(completion)}

    def first(self) -> dict[str, Any]:
        """The object that begins the stream of a chat answer."""
        return self._chunk({"delta": {"role": "assistant", "content": ""}})

    def text(self, text: str) -> dict[str, Any]:
        """New text of a stream."""
        return self._chunk({"delta": {"content": text}} if self.is_chat else {"text": text})

    def last(self, completion: Completion) -> dict[str, Any]:
        """The object that says why the answer ended."""
        return self._chunk({"delta": {}} if self.is_chat else {"text": ""}, completion.finish_reason)

    def usage(self, completion: Completion) -> dict[str, Any]:
        """The object with the number of tokens, after all others."""
        return {**self._head(is_chunk=True), "choices": [], "usage": _usage(completion)}

    def _chunk(self, part: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, **part, "logprobs": None, "finish_reason": reason}
        return {**self._head(is_chunk=True), "choices": [choice]}

    def _head(self, *, is_chunk: bool = False) -> dict[str, Any]:
        kind = ("chat.completion.chunk" if is_chunk else "chat.completion") if self.is_chat else "text_completion"
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
        }


def _usage(completion: Completion) -> dict[str, int]:
    prompt, answer = completion.prompt_tokens, completion.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def to_event(value: dict[str, Any]) -> bytes:
    """An object as an event of a stream (server-sent events)."""
    return f"data: {json.dumps(value)}\n\n".encode()
