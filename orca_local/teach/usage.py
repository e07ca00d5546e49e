"""Whether the token counts that an endpoint sends can be believed. They decide what the ledger charges."""

from __future__ import annotations

from dataclasses import replace

from orca_local.domain.teacher_request import TeacherRequest
from orca_local.endpoints.answer import ChatAnswer

MESSAGE_TOKENS = 16
"""More tokens than any chat format adds to a message."""
MAX_BYTES_PER_TOKEN = 24
"""No tokenizer puts more bytes of usual text into one token on average; four to five are common."""
MAX_OVERRUN = 4
"""An endpoint may count up to this many times our bound: it may add a prompt of its own, or think beyond the limit."""


def prompt_bytes(request: TeacherRequest) -> int:
    """Number of bytes of the messages."""
    return sum(len(message.content.encode(errors="replace")) for message in request.messages)


def max_prompt_tokens(request: TeacherRequest) -> int:
    """Upper bound of the prompt's tokens for every byte-level tokenizer: each token holds at least one byte."""
    return _most_tokens(request, prompt_bytes(request))


def with_believable_counts(request: TeacherRequest, answer: ChatAnswer) -> ChatAnswer:
    """The answer, with None for a count that is far from what was sent and received."""
    sent, received = prompt_bytes(request), len((answer.text + answer.refusal).encode(errors="replace"))
    prompt_tokens, completion_tokens = answer.prompt_tokens, answer.completion_tokens
    if not _is_believable(prompt_tokens, sent, _most_tokens(request, sent)):
        prompt_tokens = None
    if not _is_believable(completion_tokens, received, max(request.max_tokens, received)):
        completion_tokens = None
    if (prompt_tokens, completion_tokens) == (answer.prompt_tokens, answer.completion_tokens):
        return answer
    return replace(answer, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)


def doubt(request: TeacherRequest, answer: ChatAnswer, believed: ChatAnswer) -> str:
    """What is wrong with the counts of an answer, as text for a message; empty if they are believable.

    `believed` is the answer as `with_believable_counts` returns it. A call without an answer has no counts, which says
    nothing about the endpoint.
    """
    is_answer = not answer.error or (answer.is_final and answer.billed)
    if not is_answer or (believed.prompt_tokens is not None and believed.completion_tokens is not None):
        return ""
    sent = f"{_count(answer.prompt_tokens)} for a prompt of {prompt_bytes(request):,} bytes"
    return (
        f"{sent} and {_count(answer.completion_tokens)} for an answer of {len(answer.text.encode(errors='replace')):,}"
    )


def _most_tokens(request: TeacherRequest, sent: int) -> int:
    return MESSAGE_TOKENS + sent + MESSAGE_TOKENS * len(request.messages)


def _is_believable(count: int | None, number_of_bytes: int, bound: int) -> bool:
    return count is not None and number_of_bytes / MAX_BYTES_PER_TOKEN <= count <= MAX_OVERRUN * bound


def _count(count: int | None) -> str:
    return "no count" if count is None else f"{count:,} tokens"
