"""Conversations of both forms, and everything that can be wrong with their turns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orca_local.tasks.columns.cell import BadRow
from orca_local.tasks.columns.conversation import read_turns, split_conversation

USER, BOT = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}


def test_both_forms_are_the_same_turns() -> None:
    sharegpt = [
        {"from": "system", "value": "Be brief.", "weight": None},
        {"from": "human", "value": "Hi", "weight": 0},
        {"from": "chatgpt", "value": "Hello", "weight": 1},
    ]
    turns = [{"role": "system", "content": "Be brief."}, USER, BOT]
    assert read_turns(sharegpt) == read_turns(turns) == read_turns(json.dumps(turns)) == turns
    parts = {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    assert read_turns([parts, BOT])[0]["content"] == "a\nb"
    assert split_conversation(turns) == (turns[:1], "Hi", "Hello")


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        ([BOT, USER], "turn 1 is of the assistant, where the user should speak"),
        ([USER, USER, BOT], "turn 2 is of the user, where the assistant should speak"),
        ([USER, BOT, {"role": "system", "content": "x"}], "turn 3 is of the system, where the user should speak"),
        ([USER, {"role": "assistant", "content": " "}], "turn 2, of the assistant, is empty"),
        ([USER, {"role": "assistant", "content": None}], "turn 2, of the assistant, is empty"),
        ([USER, {"role": "tool", "content": "x"}], "turn 2 has the unknown role 'tool'; roles are system, user"),
        ([USER, {"role": 3, "content": "x"}], "turn 2 has the unknown role 3"),
        ([USER, {"text": "x"}], "turn 2 must have 'role' and 'content', or 'from' and 'value'"),
        ([USER, "Hello"], "turn 2 must have 'role' and 'content'"),
        ([{"role": "user", "content": [{"type": "image_url"}]}, BOT], "the content of turn 1 must be a text"),
        ([], "a conversation must be a list of turns, not []"),
        ("Hi", "a conversation must be a list of turns, not 'Hi'"),
        ([USER, BOT, USER], "the last turn is of the user: a conversation must end with the assistant's answer"),
        ([{"role": "system", "content": "x"}], "the last turn is of the system"),
    ],
)
def test_what_is_wrong_names_the_turn(turns: Any, message: str) -> None:
    with pytest.raises(BadRow) as caught:
        split_conversation(read_turns(turns))
    assert message in str(caught.value)
