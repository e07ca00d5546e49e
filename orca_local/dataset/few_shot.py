"""Rows that show solved examples before the question, so that the student keeps its few-shot ability.

Orca 2 mixes such rows in: 55K of 817K (arXiv 2311.11045, section 4.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from operator import itemgetter

from orca_local.domain.types import Message

MIN_EXAMPLES, MAX_EXAMPLES = 3, 5
"""Number of examples before the question."""

Conversation = tuple[Message, ...]


def few_shot_conversations(
    conversations: Sequence[tuple[str, str, Conversation]], share: float
) -> Iterator[tuple[str, Conversation]]:
    """Yield the sample id and conversation of additional rows that show examples.

    `conversations` are the task, sample id and conversation of each row. The additional rows are `share` of all rows
    in the end. The examples are other rows of the task, chosen by a hash of the sample ids: equal rows give equal
    examples.
    """
    groups: dict[str, list[tuple[str, Conversation]]] = {}
    for task, sample_id, conversation in conversations:
        groups.setdefault(task, []).append((sample_id, conversation))
    count = round(share / (1 - share) * len(conversations))
    eligible = [
        (_hash(sample_id, "asked"), task, sample_id, conversation)
        for task, group in groups.items()
        if len({name for name, _ in group}) > MIN_EXAMPLES
        for sample_id, conversation in group
    ]
    # The sort is stable and compares hashes only: several rows of one sample keep their order.
    for _, task, sample_id, (system, *turns) in sorted(eligible, key=itemgetter(0))[:count]:
        examples = _examples(groups[task], sample_id)
        shown = [message for _, (_, *example) in examples for message in example]
        yield sample_id, (system, *shown, *turns)


def _examples(group: Sequence[tuple[str, Conversation]], sample_id: str) -> list[tuple[str, Conversation]]:
    """Rows of other samples, at most one per sample."""
    others = {name: (name, conversation) for name, conversation in group if name != sample_id}
    order = sorted(others, key=lambda name: _hash(name, sample_id))
    count = MIN_EXAMPLES + _hash(sample_id, "examples") % (MAX_EXAMPLES - MIN_EXAMPLES + 1)
    return [others[name] for name in order[:count]]


def _hash(name: str, purpose: str) -> int:
    """A 64-bit hash."""
    return int.from_bytes(hashlib.sha256(f"{purpose}\0{name}".encode(errors="replace")).digest()[:8])
