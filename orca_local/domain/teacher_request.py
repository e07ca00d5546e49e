"""A request to a teacher, and the key that its answer is stored under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orca_local.domain.keys import content_key
from orca_local.domain.types import Message

STARTER_ENDPOINT, STARTER_MODEL = "starter", "worked-solutions"
"""Endpoint and model of the starter's answers, which a program wrote instead of a model."""


@dataclass(frozen=True, slots=True)
class TeacherRequest:
    """One request to one teacher. It holds everything that can change the answer; the key is its hash."""

    endpoint: str
    """Normalized base URL, or the name of a teacher without one: `starter`, `file`, `local`, `self`."""
    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float
    top_p: float = 1.0
    seed: int | None = None
    sample_index: int = 0
    """Index among several answers to the same prompt."""
    response_format: str = "text"

    def to_dict(self) -> dict[str, Any]:
        """Return the form that is hashed and stored. It holds no secret."""
        return {
            "endpoint": self.endpoint,
            "model": self.model,
            "messages": [message.to_dict() for message in self.messages],
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "seed": self.seed,
            "sample_index": self.sample_index,
            "response_format": self.response_format,
        }

    @property
    def key(self) -> str:
        """SHA-256 of the whole request."""
        return content_key(self.to_dict())
