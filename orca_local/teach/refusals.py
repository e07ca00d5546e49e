"""Find answers that cannot be learned from."""

from __future__ import annotations

import re

from orca_local.domain.text import is_visible
from orca_local.endpoints.answer import ChatAnswer
from orca_local.endpoints.ending import Ending, ending_of, ending_problem, fills_context
from orca_local.kinds.reading.reasoning import remove_reasoning
from orca_local.teach.purpose import TEACHING, Purpose

_REFUSAL = re.compile(
    r"^\W*(i['’]m (very |really )?sorry,? (but )?(i|as an)|sorry,? (but )?i (can|am|'m)|i (can(no|['’])t|am unable to|"
    r"am not able to|won['’]t) (help|assist|answer|comply|provide|fulfil|do that)|as an ai\b)",
    re.IGNORECASE,
)
_MAX_REFUSAL_LENGTH = 400


def unusable_reason(answer: ChatAnswer, max_tokens: int, purpose: Purpose = TEACHING) -> str:
    """Why an answer cannot be learned from; empty if it can. `max_tokens` is the length at which it was cut off."""
    if answer.error or purpose.keeps_all:
        return answer.error
    if answer.refusal:
        return f"the {purpose.subject} refused: {answer.refusal}"
    if ending_of(answer.finish_reason) is Ending.CUT:
        if fills_context(answer.finish_reason):
            return f"the answer was cut off at the end of the {purpose.subject}'s context"
        return f"the answer was cut off at {max_tokens} tokens: raise {purpose.section}.max_tokens"
    if problem := ending_problem(answer.finish_reason):
        return problem
    if not is_visible(answer.text):
        return "the answer is empty"
    if not is_visible(remove_reasoning(answer.text)):
        return "the answer holds nothing but hidden reasoning"
    return f"the {purpose.subject} refused: {' '.join(answer.text.split())[:120]}" if is_refusal(answer.text) else ""


def is_refusal(text: str) -> bool:
    """Whether a text only declines to answer. A solution that begins with an apology is no refusal."""
    if len(text) >= _MAX_REFUSAL_LENGTH or re.search(r"(?im)^\W*answer\W*:", text):
        return False
    return _REFUSAL.search(text) is not None
