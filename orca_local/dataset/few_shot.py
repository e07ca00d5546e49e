"""Rows that show solved examples before the question, so that the student keeps its few-shot ability.

Orca 2 mixes such rows in: 55K of 817K (arXiv 2311.11045, section 4.1). An example is a turn of the user and one of the
assistant before the question, the same form as a sample's own earlier turns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from operator import itemgetter

from orca_local.domain.text import fold
from orca_local.domain.types import Message

MIN_EXAMPLES, MAX_EXAMPLES = 3, 5
"""Number of examples before the question."""

Conversation = tuple[Message, ...]


def few_shot_conversations(
    conversations: Sequence[tuple[str, str, Conversation]], share: float
) -> Iterator[tuple[str, Conversation]]:
    """Yield the sample id and conversation of additional rows that show examples.

    `conversations` are the task, sample id and conversation of each row. The additional rows are `share` of all rows
    in the end. The examples are other rows of the task under the same system message, no two of them with the same
    question, chosen by a hash of the sample ids: equal rows give equal examples. Rows with earlier turns of their own
    take no part: shown before another question, those turns would be mistaken for it.
    """
    groups: dict[tuple[str, str], list[tuple[str, Conversation]]] = {}
    for task, sample_id, conversation in conversations:
        if len(conversation) == len(("system", "user", "assistant")):
            groups.setdefault((task, conversation[0].content), []).append((sample_id, conversation))
    count = round(share / (1 - share) * len(conversations))
    eligible = [
        (_hash(sample_id, "asked"), group, sample_id, conversation)
        for group in groups.values()
        if len({_question(conversation) for _, conversation in group}) > MIN_EXAMPLES
        for sample_id, conversation in group
    ]
    # The sort is stable and compares hashes only: several rows of one sample keep their order.
    for _, group, sample_id, (system, *turns) in sorted(eligible, key=itemgetter(0))[:count]:
        shown = [message for example in _examples(group, sample_id, turns) for message in example]
        yield sample_id, (system, *shown, *turns)


def _examples(
    group: Sequence[tuple[str, Conversation]], sample_id: str, turns: Sequence[Message]
) -> Iterator[Sequence[Message]]:
    """Yield question and answer of rows of other samples, at most one per sample and per question."""
    others = {name: conversation for name, conversation in group if name != sample_id}
    count = MIN_EXAMPLES + _hash(sample_id, "examples") % (MAX_EXAMPLES - MIN_EXAMPLES + 1)
    asked = {fold(turns[0].content)}
    for name in sorted(others, key=lambda name: _hash(name, sample_id)):
        if len(asked) > count:
            return
        if (question := _question(others[name])) not in asked:
            asked.add(question)
            yield others[name][1:]


def _question(conversation: Conversation) -> str:
    return fold(conversation[1].content)


def _hash(name: str, purpose: str) -> int:
    """A 64-bit hash."""
    return int.from_bytes(hashlib.sha256(f"{purpose}\0{name}".encode(errors="replace")).digest()[:8])
