"""Conversations: lists of turns in the form of chat APIs (`role`, `content`) or of ShareGPT (`from`, `value`)."""

from __future__ import annotations

from typing import Any

from orca_local.domain.text import is_visible
from orca_local.tasks.columns.cell import BadRow, parsed, shown

_ROLES = {
    "system": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "claude": "assistant",
    "model": "assistant",
}
"""Roles by the names that files give them."""
_KEYS = (("role", "content"), ("from", "value"))

Turn = dict[str, str]
"""One turn: `role` and `content`."""


def read_turns(cell: Any) -> list[Turn]:
    """Return the turns of a conversation: perhaps a system message, then user and assistant in turn.

    Raises `BadRow` that names the first turn that is wrong.
    """
    cell = parsed(cell)
    if not isinstance(cell, list) or not cell:
        raise BadRow(f"a conversation must be a list of turns, not {shown(cell)}")
    turns = [_turn(number, turn) for number, turn in enumerate(cell, 1)]
    expected = "user"
    for number, turn in enumerate(turns, 1):
        role = turn["role"]
        if role == "system" and number == 1:
            continue
        if role != expected:
            raise BadRow(f"turn {number} is of the {role}, where the {expected} should speak")
        expected = "assistant" if role == "user" else "user"
    return turns


def split_conversation(turns: list[Turn]) -> tuple[list[Turn], str, str]:
    """Return the messages before the last question, the question, and its answer.

    Raises `BadRow` if the last turn is no answer to a question.
    """
    if len(turns) < 2 or turns[-1]["role"] != "assistant":
        raise BadRow(
            f"the last turn is of the {turns[-1]['role']}: a conversation must end with the assistant's answer"
        )
    return turns[:-2], turns[-2]["content"], turns[-1]["content"]


def _turn(number: int, turn: Any) -> Turn:
    keys = next((keys for keys in _KEYS if isinstance(turn, dict) and keys[0] in turn), None)
    if keys is None:
        raise BadRow(f"turn {number} must have 'role' and 'content', or 'from' and 'value'; it is {shown(turn)}")
    name = turn[keys[0]]
    role = _ROLES.get(name.strip().casefold()) if isinstance(name, str) else None
    if role is None:
        raise BadRow(f"turn {number} has the unknown role {shown(name)}; roles are {', '.join(_ROLES)}")
    content = _content(number, turn.get(keys[1]))
    if not is_visible(content) and role != "system":
        raise BadRow(f"turn {number}, of the {role}, is empty")
    return {"role": role, "content": content}


def _content(number: int, content: Any) -> str:
    """Return the text of a turn, which may be a list of parts. Raises `BadRow` for parts that are no text."""
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in content):
        return "\n".join(str(part.get("text", "")) for part in content)
    raise BadRow(f"the content of turn {number} must be a text, not {shown(content)}")
