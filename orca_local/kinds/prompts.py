"""What is said to student and teacher: system message and prompt."""

from __future__ import annotations

from orca_local.domain.strategies import ANSWER_FORMAT, Strategy
from orca_local.domain.types import Message, Sample


def student_messages(sample: Sample, strategy: Strategy) -> tuple[Message, ...]:
    """The prompt under a strategy, as the student is probed with it."""
    return _messages(sample, f"{strategy.student}\n{ANSWER_FORMAT[sample.kind]}")


def teacher_messages(sample: Sample, strategy: Strategy) -> tuple[Message, ...]:
    """The prompt under a strategy, as the teacher is asked."""
    return _messages(sample, f"{strategy.teacher}\n{ANSWER_FORMAT[sample.kind]}")


def hinted_messages(sample: Sample, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The same with the reference, for a teacher that did not find it: what is wanted is the way to it."""
    hint = f"The right answer is: {sample.answers[0]}\nReason your way to it, and do not say that you were told."
    system, user = messages
    return Message("system", f"{system.content}\n{hint}"), user


def plain_messages(sample: Sample, system_message: str) -> tuple[Message, ...]:
    """The prompt with no strategy: how the student is trained and evaluated.

    An empty system message stays a message: without one, some templates put in one of their own.
    """
    return _messages(sample, system_message)


def _messages(sample: Sample, system: str) -> tuple[Message, ...]:
    return Message("system", system), Message("user", sample.prompt)
