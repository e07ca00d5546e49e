"""The messages of a record: a system message of the task, and the turns before the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orca_local.domain.text import is_visible
from orca_local.domain.types import ROLES, Message

_KEYS = ("role", "content")


def parse_messages(value: Any, problems: list[str]) -> tuple[Message, ...]:
    """Return the messages of a record, and add what is wrong with them to `problems`.

    They are `{"role", "content"}` objects: at most one system message, which is the first, then turns of user and
    assistant in alternation. The assistant's turn is the last, because the prompt is the user's next one.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        problems.append(f"'messages' must be a list of objects with role and content, not {value!r:.60}")
        return ()
    found = [_entry_problem(number, entry) for number, entry in enumerate(value, 1)]
    messages = [] if any(found) else [Message(entry["role"], entry["content"]) for entry in value]
    wrong = [problem for problem in found if problem] or _order_problems(messages)
    problems += wrong
    return () if wrong else tuple(messages)


def _entry_problem(number: int, entry: Any) -> str:
    """Return what is wrong with one message, empty if nothing is."""
    if not isinstance(entry, dict):
        return f"message {number} must be an object with role and content, not {entry!r:.60}"
    if unknown := sorted(set(entry) - set(_KEYS)):
        return f"message {number} has the unknown key {unknown[0]!r:.60}; the keys are role and content"
    for key in _KEYS:
        if key not in entry:
            return f"message {number} has no {key}"
        if not isinstance(entry[key], str):
            return f"the {key} of message {number} must be a text, not {entry[key]!r:.60}"
    if entry["role"] not in ROLES:
        return f"message {number} has the unknown role {entry['role']!r:.60}; the roles are {', '.join(ROLES)}"
    return "" if is_visible(entry["content"]) else f"the content of message {number} is empty or cannot be seen"


def _order_problems(messages: Sequence[Message]) -> list[str]:
    """Return the first place where the roles are not in order."""
    turns = messages[1:] if messages and messages[0].role == "system" else messages
    first = 1 + len(messages) - len(turns)
    for number, message in enumerate(turns, first):
        expected = "user" if (number - first) % 2 == 0 else "assistant"
        if message.role == "system":
            return [f"message {number} is a system message; only the first message may be one"]
        if message.role != expected:
            return [f"message {number} is a turn of the {message.role}, where the {expected}'s is due: turns alternate"]
    if turns and turns[-1].role == "user":
        return ["the last message is a turn of the user: write it as 'prompt', or add the assistant's turn after it"]
    return []
