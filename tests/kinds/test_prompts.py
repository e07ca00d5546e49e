"""Messages for student and teacher."""

from __future__ import annotations

import pytest

from orca_local.domain.strategies import BUILTIN
from orca_local.domain.types import Message, Sample
from orca_local.kinds.prompts import plain_messages, student_messages, teacher_messages
from orca_local.kinds.table import KINDS, get_kind


def make(kind: str = "number") -> Sample:
    return Sample("id", "task", kind, "How many?\n", ("1",) if get_kind(kind).is_scored else (), "probe")


@pytest.mark.parametrize("kind", KINDS)
def test_every_strategy_ends_in_the_same_format_line(kind: str) -> None:
    for strategy in BUILTIN:
        for messages, text in (
            (student_messages(make(kind), strategy), strategy.student),
            (teacher_messages(make(kind), strategy), strategy.teacher),
        ):
            assert messages == (
                Message("system", f"{text}\n{get_kind(kind).format_line}"),
                Message("user", "How many?\n"),
            )


def test_empty_system_message_stays_a_message() -> None:
    """Trap: SmolLM2's chat template adds its own system message if there is none."""
    assert plain_messages(make(), "") == (Message("system", ""), Message("user", "How many?\n"))


def test_erased_messages_hold_no_strategy() -> None:
    texts = " ".join(message.content for message in plain_messages(make(), "Be careful."))
    assert not any(strategy.student in texts for strategy in BUILTIN)
    assert get_kind("number").format_line not in texts
