"""Rows that show solved examples before the question, so that the student keeps its few-shot ability.

Orca 2 mixes such rows in: 55K of 817K (arXiv 2311.11045, section 4.1). An example is a turn of the user and one of the
assistant before the question, the same form as a sample's own earlier turns.
"""

from __future__ import annotations

import hashlib
from bisect import bisect
from collections.abc import Iterator, Sequence
from operator import itemgetter

from orca_local.domain.text import fold
from orca_local.domain.types import Message

MIN_EXAMPLES, MAX_EXAMPLES = 3, 5
"""Number of examples before the question."""

Conversation = tuple[Message, ...]


def few_shot_conversations(
    conversations: Sequence[tuple[str, str, Conversation]], share: float, seed: int = 0
) -> Iterator[tuple[str, Conversation]]:
    """Yield the sample id and conversation of additional rows that show examples.

    `conversations` are the task, sample id and conversation of each row. The additional rows are `share` of all rows
    in the end. The examples are other rows of the task under the same system message, no two of them with the same
    question, chosen by a hash of seed and sample id: equal rows give equal examples. Rows with earlier turns of their
    own take no part: shown before another question, those turns would be mistaken for it.
    """
    groups: dict[tuple[str, str], list[tuple[str, Conversation]]] = {}
    for task, sample_id, conversation in conversations:
        if len(conversation) == len(("system", "user", "assistant")):
            groups.setdefault((task, conversation[0].content), []).append((sample_id, conversation))
    count = round(share / (1 - share) * len(conversations))
    eligible = [
        (_hash(seed, sample_id, "asked"), examples, sample_id, conversation)
        for examples, group in ((_Examples(group, seed), group) for group in groups.values())
        if examples.questions > MIN_EXAMPLES
        for sample_id, conversation in group
    ]
    # The sort is stable and compares hashes only: several rows of one sample keep their order.
    for _, examples, sample_id, (system, *turns) in sorted(eligible, key=itemgetter(0))[:count]:
        yield sample_id, (system, *examples.choose(sample_id, turns[0]), *turns)


class _Examples:
    """The rows of a task that may be examples: the first of each question."""

    def __init__(self, group: Sequence[tuple[str, Conversation]], seed: int) -> None:
        self._seed = seed
        first: dict[str, Conversation] = {}
        for _, conversation in group:
            first.setdefault(fold(conversation[1].content), conversation)
        # In the order of their hashes, so that a random number finds one without a look at all others.
        self._rows = sorted((_hash(seed, question, "example"), question, row) for question, row in first.items())

    @property
    def questions(self) -> int:
        """The number of different questions."""
        return len(self._rows)

    def choose(self, sample_id: str, asked: Message) -> Iterator[Message]:
        """Yield the turns of three to five examples for the question `asked`; fewer if there are no more."""
        taken = {fold(asked.content)}
        count = MIN_EXAMPLES + _hash(self._seed, sample_id, "examples") % (MAX_EXAMPLES - MIN_EXAMPLES + 1)
        for number in range(min(count, self.questions - 1)):
            at = bisect(self._rows, _hash(self._seed, sample_id, f"example {number}"), key=itemgetter(0))
            while self._rows[at % self.questions][1] in taken:
                at += 1
            _, question, (_, *turns) = self._rows[at % self.questions]
            taken.add(question)
            yield from turns


def _hash(seed: int, name: str, purpose: str) -> int:
    """A 64-bit hash. Seed 0 gives those of earlier versions, which had none."""
    purpose = f"{seed} {purpose}" if seed else purpose
    return int.from_bytes(hashlib.sha256(f"{purpose}\0{name}".encode(errors="replace")).digest()[:8])
