"""A few general conversations, to compare two files on when there are no training rows yet."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.domain.types import Message
from orca_local.export.acceptance import Row
from orca_local.gguf.answer_text import RowError
from orca_local.rows.renderer import PromptRenderer

CONVERSATIONS = (
    (
        "A train leaves at 9:40 and arrives at 11:05. How long is the journey?",
        "From 9:40 to 11:00 is 1 hour and 20 minutes. 5 more minutes make 1 hour and 25 minutes.",
    ),
    (
        "Which is heavier, a litre of water or a litre of oil, and why?",
        "A litre of water is heavier. Oil is less dense than water, which is why it floats on top of it.",
    ),
    (
        "Write two sentences about the sea in winter.",
        "The sea in winter is grey and loud, and few people walk beside it. Gulls stand on the empty pier.",
    ),
    (
        "Name three countries in South America and their capitals.",
        "Three countries in South America are Peru (Lima), Chile (Santiago) and Colombia (Bogotá).",
    ),
    (
        "Write a Python function that returns the largest of three numbers.",
        "def largest(a, b, c):\n    return max(a, b, c)",
    ),
    (
        "Tom has 12 apples, gives away 5 and buys 8 more. How many has he now?",
        "12 - 5 = 7. Then 7 + 8 = 15. He has 15 apples.",
    ),
)
"""Questions and answers."""


def general_rows(renderer: PromptRenderer, conversations: Sequence[tuple[str, str]] = CONVERSATIONS) -> list[Row]:
    """Each conversation as token ids, with all positions that predict its answer."""
    rows: list[Row] = []
    for question, answer in conversations:
        try:
            row = renderer.training_ids(
                [Message("system", ""), Message("user", question), Message("assistant", answer)]
            )
        except RowError:
            continue
        rows.append((row.token_ids, range(row.loss_start - 1, len(row.token_ids) - 1)))
    return rows
