"""Parse the HTTP responses of OpenAI-compatible servers. Servers deviate from the format in many ways."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from orca_local.endpoints.answer import ChatAnswer

_MAX_TOKENS = 2**31 - 1
"""A larger token count is an error of the server; the database could not hold the sum of such counts."""


def parse_completion(content: Any, clean: Callable[[str], str], redact: Callable[[str], str]) -> ChatAnswer:
    """The answer in the JSON of a successful response.

    `clean` removes secrets from the text, and `redact` makes a refusal fit to be shown.
    """
    if not isinstance(content, dict):
        return ChatAnswer(error="the endpoint sent no JSON answer", retryable=True)
    usage = _mapping(content.get("usage"))
    prompt_tokens, completion_tokens = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    choices = content.get("choices")
    if not isinstance(choices, list) or not choices:
        return ChatAnswer(
            error="the endpoint sent an answer without choices",
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            retryable=True,
        )
    choice = _mapping(choices[0])
    message, reason = _mapping(choice.get("message")), choice.get("finish_reason")
    refusal = message.get("refusal")
    return ChatAnswer(
        clean(_text(message.get("content"))),
        finish_reason=reason if isinstance(reason, str) else "",
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        refusal=redact(str(refusal)) if refusal else "",
    )


def parse_error(content: Any, text: str) -> tuple[str, str]:
    """Message and code of an error response, in OpenAI's format or else from the body's `text`."""
    error = _mapping(content).get("error")
    details = _mapping(error)
    message = details.get("message") or (error if isinstance(error, str) else "") or text
    return str(message or "no message"), str(details.get("code") or details.get("type") or "")


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a `Retry-After` header asks to wait; it holds seconds or a date (RFC 9110, 10.2.3)."""
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        elif re.fullmatch(r"[0-9.]+", value := headers.get("retry-after", "").strip()):
            seconds = float(value)
        else:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def parse_json(data: bytes) -> Any:
    """The JSON value in a body or a line; None if it holds none, or one that is nested too deeply."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(content: Any) -> str:
    """The text of a message; some servers send it as a list of parts."""
    if isinstance(content, list):
        return "".join(_text(_mapping(part).get("text")) for part in content)
    return content if isinstance(content, str) else ""


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_TOKENS else None
