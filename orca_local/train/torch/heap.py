"""Memory that a training step on the CPU frees: kept for the next step, and returned if too much of it is idle."""

from __future__ import annotations

from orca_local.system.memory import resident_memory, return_freed_memory

MAX_KEPT_RATIO = 1.3
"""Maximum memory to keep, divided by what a step needs that starts with no idle memory."""


class Heap:
    """The C library's heap during training.

    Getting pages from the system in every step takes a tenth of its time. But every batch has another shape, so the
    memory that one frees does not quite fit the next, and with glibc the process may grow to twice what it uses.
    Other C libraries return memory by themselves.
    """

    def __init__(self) -> None:
        self._needed = 0
        """Maximum memory kept after a step that started with no idle memory, in bytes."""
        self._baseline, self._is_trimmed = 0, True
        self.trim()

    def after_step(self) -> None:
        """Return idle memory if there is too much of it. Call this after every step."""
        kept = (resident_memory() or 0) - self._baseline
        if self._is_trimmed:
            self._needed = max(self._needed, kept)
            self._is_trimmed = False
        elif kept > MAX_KEPT_RATIO * self._needed:
            self.trim()

    def trim(self) -> None:
        """Return all idle memory to the system."""
        return_freed_memory()
        self._baseline, self._is_trimmed = resident_memory() or 0, True
