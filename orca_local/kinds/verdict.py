"""The result of comparing an answer with the references of its sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


LABELS: dict[Verdict, str] = {
    Verdict.EQUAL: "equal",
    Verdict.EQUAL_VALUE: "equal value",
    Verdict.SAME_LABEL: "same label",
    Verdict.SIMILAR: "similar",
    Verdict.DIFFERENT: "different",
    Verdict.UNREADABLE: "not readable",
    Verdict.UNCHECKED: "without a reference",
}
"""The verdicts in words."""


SENTENCES: dict[Verdict, str] = {
    Verdict.EQUAL: "it matches the reference",
    Verdict.EQUAL_VALUE: "it matches the reference: another writing of the same value",
    Verdict.SAME_LABEL: "it matches the reference: the same label",
    Verdict.SIMILAR: "it is similar to the reference, which does not show that it is right",
    Verdict.DIFFERENT: "it does not match the reference",
    Verdict.UNREADABLE: "it does not match the reference: no answer in the asked form can be read",
    Verdict.UNCHECKED: "it has no reference to compare with",
}
"""What a verdict says about an answer."""


def describe_counts(counts: Mapping[str, int]) -> str:
    """A sentence such as "432 match the reference (410 equal, 22 equal value), 12 similar, 30 do not match".

    `counts` are the numbers of answers by verdict.
    """
    right = _group(counts, [verdict for verdict in Verdict if verdict.is_verified])
    wrong = _group(counts, [verdict for verdict in Verdict if verdict.is_mismatch])
    similar, unchecked = counts.get(Verdict.SIMILAR, 0), counts.get(Verdict.UNCHECKED, 0)
    parts = [f"{right[0]:,} match the reference{right[1]}"]
    parts += [f"{similar:,} similar"] if similar else []
    parts.append(f"{wrong[0]:,} do not match{wrong[1]}")
    parts += [f"{unchecked:,} have no reference"] if unchecked else []
    return ", ".join(parts)


def in_order(counts: Mapping[str, int]) -> dict[str, int]:
    """Numbers of answers by verdict, the best verdict first; verdicts without answers are left out."""
    return {verdict.value: counts[verdict] for verdict in Verdict if counts.get(verdict)}


def _group(counts: Mapping[str, int], verdicts: Sequence[Verdict]) -> tuple[int, str]:
    """The number of answers with one of these verdicts, and a list of them in brackets."""
    parts = [f"{counts[verdict]:,} {LABELS[verdict]}" for verdict in verdicts if counts.get(verdict)]
    return sum(counts.get(verdict, 0) for verdict in verdicts), f" ({', '.join(parts)})" if parts else ""


def best(verdicts: list[Verdict]) -> Verdict:
    """Return the best of several verdicts, in the order of their definition. Raises `ValueError` for an empty list."""
    return min(verdicts, key=list(Verdict).index)
