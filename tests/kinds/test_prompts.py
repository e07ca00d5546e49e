"""Messages for student and teacher."""

from __future__ import annotations

import pytest

from orca_local.domain.settings import DEFAULT_SYSTEM_MESSAGE
from orca_local.domain.strategies import BUILTIN, Strategy
from orca_local.domain.types import Message, Sample
from orca_local.kinds.prompts import plain_messages, student_messages, teacher_messages, with_format_line
from orca_local.kinds.table import KINDS, get_kind


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
