"""The messages of a record: what is taken, and what is refused with its place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.domain.types import Message, Sample
from orca_local.tasks.messages import parse_messages
from orca_local.tasks.record import parse_record
from orca_local.tasks.split import content_hash, prompt_hash
from tests.conversations import OWN, SALE, TURNS, message_lists, record_of

SYSTEM, ASKED, ANSWERED = ({"role": role, "content": role.title()} for role in ("system", "user", "assistant"))


def problems_of(messages: Any) -> list[str]:
    parsed = parse_record({**record_of(SALE), "messages": messages}, resplit=False)
    assert isinstance(parsed, list)
    return parsed


@given(message_lists())
def test_every_conversation_of_the_right_form_is_taken_as_it_is(messages: tuple[Message, ...]) -> None:
    sample = replace(SALE, messages=messages)
    assert parse_record(record_of(sample), resplit=False) == sample


def test_a_sample_tells_its_system_message_from_its_turns() -> None:
    assert (SALE.system_message, SALE.earlier_turns) == (OWN, TURNS)
    assert SALE.turns == (*TURNS, Message("user", SALE.prompt))
    assert SALE.text.splitlines()[0] == OWN and SALE.text.splitlines()[-1] == SALE.prompt
    bare = replace(SALE, messages=())
    assert (bare.system_message, bare.earlier_turns, bare.text) == ("", (), bare.prompt)


@pytest.mark.parametrize("nothing", [None, []])
def test_no_messages_are_a_sample_without_any(nothing: object) -> None:
    parsed = parse_record({**record_of(SALE), "messages": nothing}, resplit=False)
    assert isinstance(parsed, Sample) and parsed.messages == ()


@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        ("hello", "'messages' must be a list of objects with role and content, not 'hello'"),
        ([SYSTEM, "hello"], "message 2 must be an object with role and content, not 'hello'"),
        ([{"from": "human", "value": "x"}], "message 1 has the unknown key 'from'; the keys are role and content"),
        ([{"role": "user"}], "message 1 has no content"),
        ([{"content": "x"}], "message 1 has no role"),
        ([{"role": "user", "content": 7}], "the content of message 1 must be a text, not 7"),
        ([{"role": ["user"], "content": "x"}], "the role of message 1 must be a text, not ['user']"),
        (
            [{"role": "human", "content": "x"}],
            "message 1 has the unknown role 'human'; the roles are system, user, assistant",
        ),
        ([{"role": "system", "content": " \u200b"}], "the content of message 1 is empty or cannot be seen"),
        ([ASKED, ANSWERED, SYSTEM], "message 3 is a system message; only the first message may be one"),
        ([SYSTEM, SYSTEM], "message 2 is a system message; only the first message may be one"),
        ([SYSTEM, ANSWERED], "message 2 is a turn of the assistant, where the user's is due: turns alternate"),
        ([ASKED, ASKED], "message 2 is a turn of the user, where the assistant's is due: turns alternate"),
        (
            [SYSTEM, ASKED],
            "the last message is a turn of the user: write it as 'prompt', or add the assistant's turn after it",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(messages: Any, problem: str) -> None:
    assert problems_of(messages) == [problem]


_SCALARS = st.sampled_from(["", "x", "user", "system", "assistant", 7, None, True])
_ENTRIES = st.dictionaries(st.sampled_from(["role", "content", "name"]), _SCALARS | st.lists(_SCALARS, max_size=2))


@given(st.lists(_ENTRIES | _SCALARS, max_size=4) | _ENTRIES | _SCALARS)
def test_any_json_is_messages_or_has_problems(value: Any) -> None:
    problems: list[str] = []
    messages = parse_messages(value, problems)
    assert not (messages and problems)
    assert problems or [message.to_dict() for message in messages] == (value or [])


def test_every_bad_message_is_named() -> None:
    assert len(problems_of([{"role": "user"}, {"content": "x"}])) == 2


def test_a_text_that_cannot_be_stored_is_found_in_a_message_too() -> None:
    assert "NUL" in problems_of([{"role": "system", "content": "a\0"}])[0]


def test_content_hashes_never_change() -> None:
    plain, conversation = content_hash(replace(SALE, messages=())), content_hash(SALE)
    assert plain == "09f86d2983cc11f6d869404b12437d53db95d75e77cf769bddea25fba1c2ef15", "as before there were messages"
    assert conversation == "9c4c9f87c5cab9fdbb46d965762c6ec3195c4ee4391c63ba20b2057eeecaab70"


def test_messages_are_content() -> None:
    others = [
        replace(SALE, messages=()),
        replace(SALE, messages=SALE.messages[:1]),
        replace(SALE, messages=TURNS),
        replace(SALE, messages=(Message("system", OWN + "!"), *TURNS)),
        replace(SALE, messages=(), answers=(*SALE.answers, "system", OWN)),
    ]
    hashes = [content_hash(sample) for sample in (SALE, *others)]
    assert len(set(hashes)) == len(hashes)
    spaced = Message("system", f" {OWN.upper()} ")
    assert content_hash(replace(SALE, messages=(spaced, *TURNS))) == hashes[0]


def test_a_short_prompt_is_another_question_after_other_turns() -> None:
    first, second = prompt_hash(SALE.prompt, SALE.messages), prompt_hash(SALE.prompt, [Message("user", "Hello.")])
    assert first != second and first != prompt_hash(SALE.prompt)
    assert first == prompt_hash(SALE.prompt, [*TURNS[:1], Message("assistant", "Six.")]), "the same question"
    assert prompt_hash(SALE.prompt, SALE.messages[:1]) == prompt_hash(SALE.prompt)
