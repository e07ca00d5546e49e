"""Server-sent events: what an endpoint sends that streams although it was not asked to.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_FIELD = re.compile(r"\s*(?:data|event|id|retry)?:")


def is_event_stream(text: str) -> bool:
    """Whether a body begins like a stream of events."""
    return _FIELD.match(text) is not None


def joined_events(text: str) -> dict[str, Any] | None:
    """The completion that the events of a body add up to, as if it had come in one piece.

    An event with an error is returned as it is. None if no event holds a part of a completion. Raises `ValueError` or
    `RecursionError` for an event that is no JSON.
    """
    parts: dict[str, list[str]] = {"content": [], "refusal": []}
    choice: dict[str, Any] = {}
    joined: dict[str, Any] = {}
    for name, data in _iter_events(text):
        if data.strip() == "[DONE]":
            break
        if name == "error" and not data.lstrip().startswith("{"):
            return {"error": data}
        event = json.loads(data, strict=False)
        if not isinstance(event, dict):
            continue
        if name == "error" or event.get("error"):
            return event if event.get("error") else {"error": event}
        joined |= {"usage": event["usage"]} if event.get("usage") else {}
        choices = event.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(first, dict) or first.get("index"):
            continue  # a further choice, which nobody asked for, must not be mixed with the first
        choice |= {key: value for key, value in first.items() if value is not None}
        delta = first.get("delta") or first.get("message")
        for field, texts in parts.items():
            piece = delta.get(field) if isinstance(delta, dict) else None
            if isinstance(piece, str):
                texts.append(piece)
    if not choice:
        return None
    message = {field: "".join(texts) for field, texts in parts.items()}
    return joined | {"choices": [choice | {"message": message}]}


def _iter_events(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the data of each event. A blank line ends an event."""
    name = ""
    data: list[str] = []
    for line in [*re.split(r"\r\n|\n|\r", text), ""]:
        if not line:
            if data:
                yield name, "\n".join(data)
            name, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data.append(value)
