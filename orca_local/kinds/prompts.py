"""Messages for student and teacher: the system message, the earlier turns and the prompt of a sample.

A sample's own system message is part of its task: it stands first, and what a strategy adds follows after a blank line.
It stays when the strategy is erased. The general system message stands only where a sample has none of its own. Why:
docs/decisions/0023-conversations.md.
"""

from __future__ import annotations

from orca_local.domain.settings import DEFAULT_SYSTEM_MESSAGE
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Message, Sample
from orca_local.kinds.table import get_kind


def student_messages(
    sample: Sample, strategy: Strategy, system_message: str = DEFAULT_SYSTEM_MESSAGE
) -> tuple[Message, ...]:
    """Return the prompt under a strategy, as the probe asks the student.

    `system_message` takes the place of an empty instruction, unless the sample has a system message of its own. The
    form of the answer is asked for if the strategy does.
    """
    return _messages(sample, strategy.student, system_message, asks_form=strategy.asks_form)


def teacher_messages(sample: Sample, strategy: Strategy) -> tuple[Message, ...]:
    """Return the prompt under a strategy, as the teacher gets it. It always asks for the form of the answer."""
    instruction = "" if strategy.teacher == DEFAULT_SYSTEM_MESSAGE else strategy.teacher
    return _messages(sample, instruction, DEFAULT_SYSTEM_MESSAGE, asks_form=True)


def hinted_messages(sample: Sample, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return the messages with the reference added, for a teacher whose answers did not match it."""
    hint = f"The right answer is: {sample.answers[0]}\nReason your way to it, and do not say that you were told."
    system, *turns = messages
    return Message("system", f"{system.content}\n{hint}"), *turns


def plain_messages(sample: Sample, system_message: str) -> tuple[Message, ...]:
    """Return the prompt without a strategy, as the student is trained and evaluated.

    `system_message` is for samples without one of their own. An empty system message stays a message. Without one,
    some chat templates add their own.
    """
    return _messages(sample, "", system_message, asks_form=False)


def with_format_line(sample: Sample, system_message: str) -> tuple[Message, ...]:
    """Return the prompt without a strategy, with the line that asks for the form of the answer."""
    return _messages(sample, "", system_message, asks_form=True)


def _messages(sample: Sample, instruction: str, general: str, *, asks_form: bool) -> tuple[Message, ...]:
    """Return the sample under an instruction; `general` stands where there is neither one nor a message of its own."""
    own = sample.system_message
    text = instruction or ("" if own else general)
    if asks_form:
        text = f"{text}\n{get_kind(sample.kind).format_line}".lstrip()
    if own:
        text = f"{own}\n\n{text}" if text else own
    return Message("system", text), *sample.turns
