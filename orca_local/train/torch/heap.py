"""What a step on the processor frees: kept for the next one, and given back where too much of it lies idle."""

from __future__ import annotations

from orca_local.system.memory import resident_memory, return_freed_memory

WASTE = 1.3
"""How much memory is kept, as a multiple of what a step needs that begins without any."""


class Heap:
    """The C library's heap as training uses it.

    To get pages from the system again in every step takes a tenth of its time. But no two batches have the same
    shape, so what one freed does not quite fit the next: with glibc the process may grow to twice what it uses.
    Elsewhere there is nothing to do.
    """

    def __init__(self) -> None:
        self._needed = 0
        """The most that stayed after one step which began with nothing idle, in bytes."""
        self._floor, self._is_fresh = 0, True
        self.give_back()

    def tidy(self) -> None:
        """To be called after every step."""
        kept = (resident_memory() or 0) - self._floor
        if self._is_fresh:
            self._needed = max(self._needed, kept)
            self._is_fresh = False
        elif kept > WASTE * self._needed:
            self.give_back()

    def give_back(self) -> None:
        """Return all that is idle to the system."""
        return_freed_memory()
        self._floor, self._is_fresh = resident_memory() or 0, True
