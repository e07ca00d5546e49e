"""What a teacher is asked, and the key under which its answer is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orca_local.domain.keys import content_key
from orca_local.domain.types import Message

STARTER_ENDPOINT, STARTER_MODEL = "starter", "worked-solutions"
"""Under what name the starter's answers are kept: no model wrote them."""


@dataclass(frozen=True, slots=True)
class TeacherRequest:
    """One question to one teacher. Everything that may change the answer is in here, and so in the key."""

    endpoint: str
    """Normalised base URL, or the name of a teacher that is none: `starter`, `file`."""
    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float
    top_p: float = 1.0
    seed: int | None = None
    sample_index: int = 0
    """Which of several samples of the same question."""
    response_format: str = "text"

    def to_dict(self) -> dict[str, Any]:
        """The form that is hashed and stored; it holds no secret."""
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
        """Hash of the whole request."""
        return content_key(self.to_dict())
