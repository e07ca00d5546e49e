"""Sequences of a llama.cpp context: which tokens each one holds, and where a new prompt can start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from orca_local.domain.frozen import Frozen
from orca_local.engines.active_request import ActiveRequest

MIN_SHARED_PREFIX = 16
"""A prompt reuses another sequence's memory from this many common tokens on."""


@dataclass
class Slot:
    """One sequence of the context."""

    number: int
    cached: list[int] = field(default_factory=list)
    """Token ids whose keys and values are in memory. They stay after a request; the next prompt may start with them."""
    active: ActiveRequest | None = None
    """The request that runs in this sequence; None if it is free."""
    prefilled: int = 0
    """Number of leading cached tokens computed as a prompt. Other kernels compute generated tokens."""

    def add_prefilled(self, tokens: Sequence[int]) -> None:
        """Record tokens that were computed as a part of a prompt."""
        if self.prefilled == len(self.cached):
            self.prefilled += len(tokens)
        self.cached += tokens

    def truncate(self, length: int) -> None:
        """Record that the memory was cut to `length` tokens."""
        del self.cached[length:]
        self.prefilled = min(self.prefilled, length)

    def copy_from(self, other: Slot) -> None:
        """Record that the memory of another slot was copied to this one."""
        self.cached, self.prefilled = other.cached[:], other.prefilled

    @property
    def pending(self) -> tuple[int, ...]:
        """Prompt tokens that are not in memory yet."""
        return self.active.request.token_ids[len(self.cached) :] if self.active else ()

    @property
    def is_ready(self) -> bool:
        """Whether everything but the last generated token is in memory."""
        return self.active is not None and bool(self.active.generated) and len(self.cached) == self.active.length - 1


def common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """Number of leading tokens that two texts have in common."""
    for index, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return index
    return min(len(first), len(second))


class SlotAssignment(Frozen):
    """Where a prompt starts: in `target`, after the first `common` tokens, which are in the memory of `source`."""

    target: Slot
    source: Slot
    common: int


def assign_slot(slots: Sequence[Slot], token_ids: Sequence[int], *, share: bool) -> SlotAssignment:
    """Choose a free slot for a prompt and the slot with the longest common prefix. At least one slot must be free.

    The last two tokens of a prompt are never shared: their logits are needed, and a single token would be computed by
    other kernels. `share`: whether memory can be reused at all.
    """
    free = [slot for slot in slots if slot.active is None]
    if share:
        common = {slot.number: common_prefix(slot.cached, token_ids[:-2]) for slot in slots}
        source = max(slots, key=lambda slot: common[slot.number])
        target = max(free, key=lambda slot: common[slot.number])
        if common[target.number] >= max(MIN_SHARED_PREFIX, common[source.number] - MIN_SHARED_PREFIX):
            return SlotAssignment(target, target, common[target.number])
        if common[source.number] >= MIN_SHARED_PREFIX:
            return SlotAssignment(free[0], source, common[source.number])
    return SlotAssignment(free[0], free[0], 0)
