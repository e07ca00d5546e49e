"""Messages for student and teacher: the system message and the prompt of a sample."""

from __future__ import annotations

from orca_local.domain.settings import DEFAULT_SYSTEM_MESSAGE
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Message, Sample
from orca_local.kinds.table import get_kind


def student_messages(
    sample: Sample, strategy: Strategy, system_message: str = DEFAULT_SYSTEM_MESSAGE
) -> tuple[Message, ...]:
    """Return the prompt under a strategy, as the probe asks the student.

    `system_message` takes the place of an empty instruction. The form of the answer is asked for if the strategy does.
    """
    text = strategy.student or system_message
    return with_format_line(sample, text) if strategy.asks_form else plain_messages(sample, text)


def teacher_messages(sample: Sample, strategy: Strategy) -> tuple[Message, ...]:
    """Return the prompt under a strategy, as the teacher gets it. It always asks for the form of the answer."""
    return with_format_line(sample, strategy.teacher)


def hinted_messages(sample: Sample, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return the messages with the reference added, for a teacher whose answers did not match it."""
    hint = f"The right answer is: {sample.answers[0]}\nReason your way to it, and do not say that you were told."
    system, user = messages
    return Message("system", f"{system.content}\n{hint}"), user


def plain_messages(sample: Sample, system_message: str) -> tuple[Message, ...]:
    """Return the prompt without a strategy, as the student is trained and evaluated.

    An empty system message stays a message. Without one, some chat templates add their own.
    """
    return Message("system", system_message), Message("user", sample.prompt)


def with_format_line(sample: Sample, system_message: str) -> tuple[Message, ...]:
    """Return the prompt without a strategy, with the line that asks for the form of the answer."""
    return plain_messages(sample, f"{system_message}\n{get_kind(sample.kind).format_line}".lstrip())
