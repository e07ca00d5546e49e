"""Parse the HTTP responses of OpenAI-compatible servers. Servers deviate from the format in many ways."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.domain.text import is_visible, storable_value
from orca_local.endpoints.answer import ChatAnswer
from orca_local.endpoints.ending import Ending, ending_of, ending_problem
from orca_local.endpoints.event_stream import is_event_stream, joined_events
from orca_local.endpoints.failures import Cause, find_cause
from orca_local.endpoints.request_form import mapping

_MAX_TOKENS = 2**31 - 1
"""A larger token count is an error of the server; the database could not hold the sum of such counts."""
_MAX_ERROR_CHARACTERS = 10_000
"""More of an error's text is not looked at."""
_TEXT_PARTS = (None, "text", "output_text")
"""Types of the parts of a message that belong to the answer. Others hold reasoning, pictures or calls of tools."""


class ReportedError(Frozen):
    """An error that an endpoint reports in the body of a response."""

    message: str
    code: str
    """The endpoint's own word for it, such as `insufficient_quota`; empty if there is none."""
    status: int
    """The HTTP status that the error names, or that its words mean."""


def parse_completion(content: Any, clean: Callable[[str], str], redact: Callable[[str], str]) -> ChatAnswer:
    """The answer in the JSON of a successful response.

    `clean` removes secrets from the text, and `redact` makes a text fit to be shown.
    """
    if not isinstance(content, dict):
        return ChatAnswer(error="the endpoint sent no JSON answer", retryable=True)
    prompt_tokens, completion_tokens = parse_usage(content)
    choices = content.get("choices")
    choice = mapping(choices[0]) if isinstance(choices, list) and choices else {}
    if not choice:
        return ChatAnswer(
            error="the endpoint sent an answer without choices",
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            retryable=True,
        )
    message = mapping(choice.get("message"))
    text, refusal = _text(message.get("content")), _refusal(message)
    reason = choice.get("finish_reason")
    reason = reason if isinstance(reason, str) else ""
    ending = ending_of(reason)
    problem = "" if refusal else ending_problem(reason)
    if not (problem or refusal or is_visible(text)) and ending is Ending.WHOLE:
        problem = _why_empty(message)
    return ChatAnswer(
        clean(text),
        finish_reason=redact(reason),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        refusal=redact(refusal),
        error=redact(problem),
        retryable=ending is Ending.BROKEN,
    )


def parse_usage(content: Any) -> tuple[int | None, int | None]:
    """The numbers of prompt tokens and of completion tokens that a response reports; None for what is no count."""
    usage = mapping(mapping(content).get("usage"))
    return _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")


def parse_error(content: Any, text: str) -> tuple[str, str]:
    """Message and code of an error response, in OpenAI's format or else from the body's `text`."""
    error = mapping(content).get("error")
    details = mapping(error)
    # A router only says "Provider returned error", and beside it what the provider said.
    relayed = _plain(mapping(details.get("metadata")).get("raw"))
    message = " ".join(filter(None, (_plain(details.get("message")), relayed))) or _bare_error(content) or text
    codes = [_plain(details.get(name)) for name in ("code", "type")]
    # A number only repeats the status.
    code = next((code for code in codes if code and not code.isdecimal()), codes[0])
    return (message or "no message")[:_MAX_ERROR_CHARACTERS], code


def _bare_error(content: Any) -> str:
    """An error that is only a text, which may be no more than the name of the status, and the reason beside it."""
    body = mapping(content)
    error = _plain(body.get("error"))
    reasons = [_plain(body.get(name)) for name in ("message", "detail", "error_description")]
    return ": ".join(dict.fromkeys(filter(None, (error, *reasons)))) if error else ""


def reported_error(content: Any) -> ReportedError | None:
    """The error in the body of a response with a status of success; None if the body reports none.

    Endpoints that have sent their headers already, and gateways in front of them, report errors in this way. An error
    without any word counts only if there is no answer beside it.
    """
    body = mapping(content)
    choices = body.get("choices")
    first = mapping(choices[0]) if isinstance(choices, list) and choices else {}
    is_error = body.get("object") == "error" or body.get("type") == "error"
    for error in (body.get("error"), first.get("error"), body if is_error and not first else None):
        if not error:
            continue
        details = mapping(error)
        words = [_plain(details.get(name)) for name in ("message", "code", "type", "status")]
        if isinstance(error, str) or any(words) or not first:
            message, code = parse_error({"error": error}, "")
            if not code and re.search(r"(?:current|insufficient)[ _]quota", message, re.IGNORECASE):
                code = "insufficient_quota"
            return ReportedError(message, code, _status(details, code, message, " ".join(words)))
    return None


_WORDS_OF_STATUS = (
    (401, r"api[ _-]?key|authenticat|unauthori[sz]ed|invalid[ _]token"),
    (403, r"permission|forbidden"),
    (402, r"billing|payment|(?:insufficient|not enough)[ _](?:balance|credit|funds)"),
    (429, r"rate[ _-]?limit|too[ _]many[ _]requests|resource[ _]exhausted|throttl|quota"),
    (503, r"overloaded|unavailable|at capacity"),
    (404, r"model[ _]not[ _]found|not[ _]found|does not exist|no such model"),
    (400, r"invalid|bad[ _]request|context[ _]length|unsupported"),
)
"""Words of an error by the HTTP status that it would have had; the first that occurs counts."""


def _status(details: Mapping[str, Any], code: str, message: str, words: str) -> int:
    for name in ("code", "status", "status_code", "http_status"):
        value = details.get(name)
        if isinstance(value, (int, str)) and re.fullmatch(r"[45]\d\d", str(value)):
            return int(value)
    found = (status for status, word in _WORDS_OF_STATUS if re.search(word, f"{message} {words}", re.IGNORECASE))
    return next(found, 500 if find_cause(400, code, message) is Cause.REQUEST else 400)


def parse_body(data: bytes) -> Any:
    """The JSON value of a whole response, which may have come as a stream of events; None if there is none."""
    try:
        text = data.decode(json.detect_encoding(data), "replace")
        value = joined_events(text) if is_event_stream(text) else json.loads(text, strict=False)
        # Some gateways put an error into a list of one.
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        # JSON writes half of a surrogate pair only as an escape.
        return storable_value(value) if "\\u" in text or "\0" in text else value
    except (ValueError, RecursionError):
        return None


def parse_json(data: bytes) -> Any:
    """The JSON value in a line; None if it holds none, or one that is nested too deeply."""
    try:
        return storable_value(json.loads(data.decode("utf-8", "replace"), strict=False))
    except (ValueError, RecursionError):
        return None


def _plain(value: Any) -> str:
    """A text or a number as text; empty for anything else, which may be nested deeply."""
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _is_text(content: Any) -> bool:
    """Whether a message's content is a text, a list of parts as some servers send it, or nothing."""
    if isinstance(content, list):
        return all(isinstance(part, (str, dict)) for part in content)
    return content is None or isinstance(content, str)


def _text(content: Any) -> str:
    """The text of a message; empty if it has none."""
    parts = content if isinstance(content, list) else [content]
    return "".join(map(_text_of_part, parts)) if _is_text(content) else ""


def _text_of_part(part: Any) -> str:
    if isinstance(part, dict) and part.get("type") in _TEXT_PARTS:
        part = part.get("text")
        part = part.get("value") if isinstance(part, dict) else part
    return part if isinstance(part, str) else ""


def _refusal(message: Mapping[str, Any]) -> str:
    """The text with which the model declined to answer; empty if it answered."""
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    refusals = [message.get("refusal"), *(mapping(part).get("refusal") for part in parts)]
    return " ".join(_plain(refusal) or "no reason given" for refusal in refusals if refusal)


def _why_empty(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    hidden = [message.get(name) for name in ("reasoning_content", "reasoning", "thinking")]
    if any(hidden) or any(mapping(part).get("type") in ("reasoning", "thinking") for part in parts):
        return "the answer is empty: the endpoint sent nothing but hidden reasoning"
    return "the answer is empty" if _is_text(content) else "the endpoint sent an answer that is no text"


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    """A number of tokens; None if it is missing, no whole number, negative or too large to be one."""
    value = usage.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _MAX_TOKENS:
        return None
    return int(value) if value == int(value) else None
