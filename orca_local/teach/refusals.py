"""Answers that are none."""

from __future__ import annotations

import re

_REFUSAL = re.compile(
    r"^\W*(i['’]m (very |really )?sorry,? (but )?(i|as an)|sorry,? (but )?i (can|am|'m)|i (can(no|['’])t|am unable to|"
    r"am not able to|won['’]t) (help|assist|answer|comply|provide|fulfil|do that)|as an ai\b)",
    re.IGNORECASE,
)


def refusal(text: str) -> str:
    """Says so where a text only declines to answer; a solution that begins with an apology is none."""
    if len(text) < 400 and _REFUSAL.search(text) and not re.search(r"(?im)^\W*answer\W*:", text):
        return f"the teacher refused: {' '.join(text.split())[:120]}"
    return ""
