"""Score an answer against the references of its sample."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orca_local.domain.errors import InputError
from orca_local.domain.types import Sample
from orca_local.kinds.table import get_kind


@dataclass(frozen=True, slots=True)
class Score:
    """The answer in a completion, and its score."""

    extracted: str | None
    """The answer; None if the text has no readable one."""
    value: float | None
    """Score from 0 to 1; None without a readable answer, which counts as 0 in an accuracy."""
    scorer: str
    """Name of the comparison, such as `number` or `token_f1`."""


NOT_SCORED = Score(None, None, "none")
"""Score of an answer whose kind has none."""


def is_scored(sample: Sample) -> bool:
    """Whether answers to this sample can be scored."""
    return get_kind(sample.kind).is_scored


def unscored_kinds(samples: Iterable[Sample]) -> str:
    """Return the names of the kinds without a score that these samples have, for a message."""
    return ", ".join(sorted({f"`{sample.kind}`" for sample in samples if not is_scored(sample)}))


def score(sample: Sample, text: str) -> Score:
    """Score a completion against the sample's accepted answers; the best match counts.

    Raises `InputError` for a kind that has no score, and for an unknown kind.
    """
    kind = get_kind(sample.kind)
    if not kind.is_scored:
        raise InputError(
            f"sample {sample.id!r} is of kind {kind.name!r}, which has no score",
            hint="leave its task out, or give it another kind",
        )
    answer = kind.read_lenient(text, prompt=sample.prompt, labels=sample.labels)
    if answer is None:
        return Score(None, None, kind.scorer)
    return Score(answer, max(kind.compare(answer, reference) for reference in sample.answers), kind.scorer)


def verify(sample: Sample, text: str) -> bool | None:
    """Whether an answer matches the reference closely enough to be trained on; None without a reference."""
    kind = get_kind(sample.kind)
    if not kind.is_scored or not sample.answers:
        return None
    answer = kind.read_strict(text, prompt=sample.prompt, labels=sample.labels)
    return answer is not None and any(kind.accepts(answer, reference) for reference in sample.answers)
