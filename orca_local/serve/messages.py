"""Reads the messages of a chat request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orca_local.domain.types import Message, Role
from orca_local.serve.api_error import bad_request

MAX_MESSAGES = 4096
ROLES: Mapping[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_IGNORED = {"name", "refusal", "annotations", "reasoning", "reasoning_content"}
"""Keys that clients send back with earlier answers, and that no chat template here shows."""


def read_messages(value: Any) -> tuple[Message, ...]:
    """The messages in the parameter `messages`. Raises `ApiError` that names the message at fault."""
    if not isinstance(value, list) or not value:
        raise bad_request("messages must be a list of at least one message", param="messages")
    if len(value) > MAX_MESSAGES:
        raise bad_request(f"{len(value)} messages are too many; at most {MAX_MESSAGES} are taken", param="messages")
    return tuple(_read_message(item, f"messages[{index}]") for index, item in enumerate(value))


def _read_message(value: Any, place: str) -> Message:
    if not isinstance(value, dict):
        raise bad_request(f"{place} must be an object with role and content", param=place)
    role = value.get("role")
    if role in ("tool", "function") or value.get("tool_calls") or value.get("function_call"):
        raise bad_request(f"{place}: this server has no tools", param=place, code="unsupported")
    if not isinstance(role, str) or role not in ROLES:
        raise bad_request(f"{place}.role must be one of {', '.join(ROLES)}", param=f"{place}.role")
    for key, item in value.items():
        if key not in {"role", "content", *_IGNORED} and item:
            raise bad_request(f"{place} has an unknown key {key!r}", param=f"{place}.{key}", code="unknown_parameter")
    return Message(ROLES[role], _read_content(value.get("content"), f"{place}.content"))


def _read_content(value: Any, place: str) -> str:
    """The text of a message: a string, or parts of type `text`."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise bad_request(f"{place} must be a text, or a list of parts of type text", param=place)
    texts = []
    for index, part in enumerate(value):
        kind = part.get("type") if isinstance(part, dict) else None
        if isinstance(kind, str) and kind != "text":
            raise bad_request(
                f"{place}[{index}] is of type {kind!r}; this server reads only text",
                param=f"{place}[{index}]",
                code="unsupported",
            )
        text = part.get("text") if isinstance(part, dict) else None
        if kind is None or not isinstance(text, str):
            raise bad_request(f'{place}[{index}] must be {{"type": "text", "text": …}}', param=f"{place}[{index}]")
        texts.append(text)
    return "".join(texts)
