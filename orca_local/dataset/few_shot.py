"""Rows that show some solved examples first, so that the student does not forget how to read them.

Orca 2 mixes some in (55K of 817K rows, arXiv 2311.11045, section 4.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from operator import itemgetter

from orca_local.domain.types import Message

FEWEST, MOST = 3, 5
"""Examples in front of the question."""

Conversation = tuple[Message, ...]


def few_shot_conversations(
    conversations: Sequence[tuple[str, str, Conversation]], share: float
) -> Iterator[tuple[str, Conversation]]:
    """Sample id and conversation of further rows, `share` of all rows in the end.

    `conversations` are task, sample id and a row's own conversation. The examples are other rows of the task; which
    ones follows from the samples' names, so the same rows give the same examples.
    """
    groups: dict[str, list[tuple[str, Conversation]]] = {}
    for task, sample_id, conversation in conversations:
        groups.setdefault(task, []).append((sample_id, conversation))
    wanted = round(share / (1 - share) * len(conversations))
    able = [
        (_number(sample_id, "asked"), task, sample_id, conversation)
        for task, group in groups.items()
        if len({name for name, _ in group}) > FEWEST
        for sample_id, conversation in group
    ]
    # Of several rows of one sample the first comes first: numbers alone are compared.
    for _, task, sample_id, (system, *rest) in sorted(able, key=itemgetter(0))[:wanted]:
        examples = _examples(groups[task], sample_id)
        turns = [message for _, (_, *example) in examples for message in example]
        yield sample_id, (system, *turns, *rest)


def _examples(group: Sequence[tuple[str, Conversation]], sample_id: str) -> list[tuple[str, Conversation]]:
    """Some rows of other samples, one a sample."""
    others = {name: (name, conversation) for name, conversation in group if name != sample_id}
    order = sorted(others, key=lambda name: _number(name, sample_id))
    count = FEWEST + _number(sample_id, "examples") % (MOST - FEWEST + 1)
    return [others[name] for name in order[:count]]


def _number(name: str, purpose: str) -> int:
    """The same for the same words, and otherwise as good as random."""
    return int.from_bytes(hashlib.sha256(f"{purpose}\0{name}".encode(errors="replace")).digest()[:8])
