"""The result of comparing an answer with the references of its sample."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """How an answer relates to the reference, best first."""

    EQUAL = "equal"
    """The same text, apart from case and spaces, or the same letter."""
    EQUAL_VALUE = "equal_value"
    """Another writing of the same value, such as 0.5 for 1/2."""
    SAME_LABEL = "same_label"
    """The same label of a closed set."""
    SIMILAR = "similar"
    """Much the same words. That does not show that the meaning is the same, so it is not verified."""
    DIFFERENT = "different"
    UNREADABLE = "unreadable"
    """The reply has no answer in the asked form."""
    UNCHECKED = "unchecked"
    """The sample has no reference, or its kind has no score."""

    @property
    def is_verified(self) -> bool:
        """Whether the answer is known to be right."""
        return self in (Verdict.EQUAL, Verdict.EQUAL_VALUE, Verdict.SAME_LABEL)

    @property
    def verified(self) -> bool | None:
        """Whether the answer matches the reference; None where that was not checked or cannot be told."""
        return True if self.is_verified else False if self.is_mismatch else None

    @property
    def is_mismatch(self) -> bool:
        """Whether the reply is known not to give the reference."""
        return self in (Verdict.DIFFERENT, Verdict.UNREADABLE)


def best(verdicts: list[Verdict]) -> Verdict:
    """Return the best of several verdicts, in the order of their definition. Raises `ValueError` for an empty list."""
    return min(verdicts, key=list(Verdict).index)
