"""Messages for student and teacher."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.domain.settings import DEFAULT_SYSTEM_MESSAGE
from orca_local.domain.strategies import BUILTIN, Strategy
from orca_local.domain.types import Message, Sample
from orca_local.kinds.prompts import (
    hinted_messages,
    plain_messages,
    student_messages,
    teacher_messages,
    with_format_line,
)
from orca_local.kinds.table import KINDS, get_kind
from tests.conversations import OWN, SALE, TURNS, message_lists


def make(kind: str = "number") -> Sample:
    return Sample("id", "task", kind, "How many?\n", ("1",) if get_kind(kind).is_scored else (), "probe")


@pytest.mark.parametrize("kind", KINDS)
def test_every_strategy_that_asks_for_the_form_ends_in_the_same_format_line(kind: str) -> None:
    for strategy in BUILTIN[:6]:
        for messages, text in (
            (student_messages(make(kind), strategy), strategy.student),
            (teacher_messages(make(kind), strategy), strategy.teacher),
        ):
            assert messages == (
                Message("system", f"{text}\n{get_kind(kind).format_line}"),
                Message("user", "How many?\n"),
            )


@pytest.mark.parametrize("kind", KINDS)
def test_plain_asks_the_student_as_it_is_trained_and_the_teacher_for_the_form(kind: str) -> None:
    sample, plain = make(kind), BUILTIN[-1]
    assert student_messages(sample, plain) == plain_messages(sample, DEFAULT_SYSTEM_MESSAGE)
    assert student_messages(sample, plain, "Sei genau.") == plain_messages(sample, "Sei genau.")
    assert student_messages(sample, plain, "") == plain_messages(sample, "")
    line = get_kind(kind).format_line
    assert teacher_messages(sample, plain) == plain_messages(sample, f"{DEFAULT_SYSTEM_MESSAGE}\n{line}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_strategy_is_added_to_the_samples_own_system_message(kind: str) -> None:
    sample, line = replace(SALE, kind=kind), get_kind(kind).format_line
    asked = sample.turns
    for strategy in BUILTIN[:6]:
        for messages, text in (
            (student_messages(sample, strategy), strategy.student),
            (teacher_messages(sample, strategy), strategy.teacher),
        ):
            assert messages == (Message("system", f"{OWN}\n\n{text}\n{line}"), *asked)
    plain = BUILTIN[-1]
    assert student_messages(sample, plain) == (Message("system", OWN), *asked), "the general message stands in for none"
    assert teacher_messages(sample, plain) == (Message("system", f"{OWN}\n\n{line}"), *asked)
    assert with_format_line(sample, "Be careful.") == (Message("system", f"{OWN}\n\n{line}"), *asked)
    aloud = Strategy("aloud", "Think aloud.", "Think aloud.", asks_form=False)
    assert student_messages(sample, aloud) == (Message("system", f"{OWN}\n\nThink aloud."), *asked)


def test_earlier_turns_stand_before_the_prompt_under_the_general_message_too() -> None:
    sample = replace(SALE, messages=TURNS)
    assert plain_messages(sample, "Be careful.") == (Message("system", "Be careful."), *sample.turns)
    hinted = hinted_messages(sample, teacher_messages(sample, BUILTIN[0]))
    assert "The right answer is: 7" in hinted[0].content and hinted[1:] == sample.turns


INSTRUCTIONS = st.text(min_size=1).map(str.strip).filter(bool)


@given(message_lists(), INSTRUCTIONS, st.booleans(), st.sampled_from(sorted(KINDS)), st.text())
def test_erasing_gives_back_the_samples_own_system_message(
    messages: tuple[Message, ...], instruction: str, asks_form: bool, kind: str, general: str
) -> None:
    sample = replace(SALE, kind=kind, messages=messages)
    strategy = Strategy("own", instruction, instruction, asks_form=asks_form)
    erased = plain_messages(sample, general)
    assert erased == (Message("system", sample.system_message or general), *sample.turns)
    for asked in (student_messages(sample, strategy, general), teacher_messages(sample, strategy)):
        assert asked[0].content.startswith(sample.system_message) and instruction in asked[0].content
        assert asked[1:] == erased[1:], "a strategy changes the system message alone"


def test_a_strategy_without_the_form_keeps_its_instruction() -> None:
    aloud = Strategy("aloud", "Think aloud.", "Think aloud.", asks_form=False)
    assert student_messages(make(), aloud, "Be careful.") == plain_messages(make(), "Think aloud.")


def test_format_line_stands_alone_where_the_system_message_is_empty() -> None:
    assert with_format_line(make(), "") == plain_messages(make(), get_kind("number").format_line)


def test_empty_system_message_stays_a_message() -> None:
    """Trap: SmolLM2's chat template adds its own system message if there is none."""
    assert plain_messages(make(), "") == (Message("system", ""), Message("user", "How many?\n"))


def test_erased_messages_hold_no_strategy() -> None:
    texts = " ".join(message.content for message in plain_messages(make(), "Be careful."))
    assert not any(strategy.student in texts for strategy in BUILTIN[:6])
    assert get_kind("number").format_line not in texts
