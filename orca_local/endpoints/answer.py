"""A chat completion, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from orca_local.domain.errors import RemoteError
from orca_local.domain.frozen import Frozen


class ChatAnswer(Frozen):
    """One answer of a model. Endpoints, engines and files all give this type."""

    text: str = ""
    request_id: str = ""
    """Key of the request that this answers; empty where the caller already knows it."""
    finish_reason: str = ""
    """The word of the server; see `endpoints/ending.py`."""
    prompt_tokens: int | None = None
    """Count reported by the server; None if it reported none."""
    completion_tokens: int | None = None
    """Count reported by the server; None if it reported none."""
    refusal: str = ""
    """Text with which the server declined to answer."""
    error: str = ""
    """Why the text cannot be used; empty if it can."""
    fatal: RemoteError | None = None
    """Set if every other request would fail in the same way."""
    retryable: bool = False
    """Whether the same request may succeed later."""
    rate_limited: bool = False
    """Whether the server asked for fewer calls (HTTP 429)."""
    retry_after_s: float | None = None
    """Seconds that the server asked to wait."""
    resend: bool = False
    """Whether the endpoint refused the form of the request, and the next call to it has another one."""
    unclear: bool = False
    """Whether the endpoint rejected the request without a word that says whether the question is the cause."""
    form: Mapping[str, Any] = field(default_factory=dict)
    """How the request differed from the usual form, see `RequestForm.to_dict`."""
    billed: bool = True
    """Whether the call may cost money. False if the server rejected it or never received it."""

    @property
    def is_final(self) -> bool:
        """Whether the question itself is the cause of the error, so that asking it again is useless."""
        return bool(self.error) and not (self.retryable or self.resend or self.unclear or self.fatal is not None)
