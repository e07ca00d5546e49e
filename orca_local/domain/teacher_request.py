"""A request to a teacher, and the key that its answer is stored under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.domain.keys import content_key
from orca_local.domain.types import Message

STARTER_ENDPOINT, STARTER_MODEL = "starter", "worked-solutions"
"""Endpoint and model of the starter's answers, which a program wrote instead of a model."""


class TeacherRequest(Frozen):
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
    omit: tuple[str, ...] = ()
    """Fields that the settings leave out of the request, sorted."""
    extra: str = ""
    """JSON of the fields that the settings add to the request."""

    def to_dict(self) -> dict[str, Any]:
        """Return the form that is hashed and stored. It holds no secret."""
        values = {spec.name: getattr(self, spec.name) for spec in fields(self)}
        # Absent unless they are used, so that the key of a request is the same as before there were such settings.
        for name in ("omit", "extra"):
            if not values[name]:
                del values[name]
        return values | {"messages": [message.to_dict() for message in self.messages]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TeacherRequest:
        """Read what `to_dict` returned, from JSON."""
        messages = tuple(Message(**message) for message in values["messages"])
        return cls(**{**values, "messages": messages, "omit": tuple(values.get("omit", ()))})

    @property
    def key(self) -> str:
        """SHA-256 of the whole request."""
        return content_key(self.to_dict())
