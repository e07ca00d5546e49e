"""Score an answer against the references of its sample, and judge whether it may be trained on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orca_local.domain.errors import InputError
from orca_local.domain.settings import JudgeSettings
from orca_local.domain.text import fold
from orca_local.domain.types import Sample
from orca_local.kinds.base import AnswerKind, Readings
from orca_local.kinds.reading.wrapping import unwrap, without_period
from orca_local.kinds.table import get_kind
from orca_local.kinds.verdict import Verdict, best

SCORER_VERSION = 6
"""Version of the readers and comparisons. It is raised whenever a stored answer may get another score."""


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """One reading of a completion, and its score."""

    extracted: str | None = None
    """The answer; None if the text has no readable one."""
    value: float | None = None
    """Score from 0 to 1; None without a readable answer, which counts as 0 in an accuracy."""


@dataclass(frozen=True, slots=True)
class Score:
    """Both readings of a completion, each with its score."""

    strict: ScoredAnswer
    """The answer in the asked form, such as `Answer: 7`."""
    lenient: ScoredAnswer
    """The answer that a careful person takes from the text."""
    scorer: str
    """Name of the comparison, such as `number` or `token_f1`."""
    version: int = SCORER_VERSION
    """Version of the readers and comparisons."""


NOT_SCORED = Score(ScoredAnswer(), ScoredAnswer(), "none")
"""Score of an answer whose kind has none."""


def is_scored(sample: Sample) -> bool:
    """Whether answers to this sample can be scored."""
    return get_kind(sample.kind).is_scored


def is_graded(sample: Sample, judge: JudgeSettings) -> bool:
    """Whether a judge grades answers to this sample: there is one, and no rule can score them."""
    kind = get_kind(sample.kind)
    return judge.is_set and (kind.is_judged or (not kind.is_scored and sample.task in judge.tasks))


def unscored_hint(samples: Iterable[Sample]) -> str:
    """What to do about samples of these kinds that cannot be scored; empty if nothing can be done."""
    if not any(get_kind(sample.kind).is_judged for sample in samples):
        return ""
    return 'set a judge: kind = "openai" or "local", and model, under [judge] in orca.toml'


def without(samples: Iterable[Sample], others: Iterable[Sample]) -> list[Sample]:
    """The samples that are none of the others."""
    ids = {sample.id for sample in others}
    return [sample for sample in samples if sample.id not in ids]


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
    readings = kind.read(text, prompt=sample.prompt, labels=sample.labels)
    return Score(
        _scored(kind, sample.answers, readings.strict, readings),
        _scored(kind, sample.answers, readings.lenient, readings),
        kind.scorer,
    )


def _scored(kind: AnswerKind, references: tuple[str, ...], answer: str | None, readings: Readings) -> ScoredAnswer:
    """Score one reading. A statement that is a reference as it stands is right, however it was trimmed."""
    value = None if answer is None else max(kind.compare(answer, reference) for reference in references)
    written = next((reference for reference in references if kind.is_written(readings, reference)), None)
    return ScoredAnswer(answer, value) if value == 1 or written is None else ScoredAnswer(written, 1.0)


def find_unscorable(kind: AnswerKind, reference: str, prompt: str, labels: Sequence[str]) -> str:
    """Return the line in the asked form that gives this reference and would not score 1; empty if there is none.

    A reference without a score of 1 for itself could never be answered rightly.
    """
    if kind.is_plain(reference) and not _may_be_copy(prompt, reference):
        return ""
    lines = [kind.answer_line(reference)]
    if "\n" not in reference:
        lines.append(f"Answer: {reference}")
    for line in dict.fromkeys(lines):
        readings = kind.read(line, prompt=prompt, labels=labels)
        if _scored(kind, (reference,), readings.strict, readings).value != 1:
            return line
    return ""


def _may_be_copy(prompt: str, reference: str) -> bool:
    """Whether the prompt may be a part of a reply that gives this reference: copies of it are cut out of replies.

    Characters that are taken out of both first may hide a copy.
    """
    is_printable = prompt.replace("\n", "").replace("\t", "").isprintable()
    return not is_printable or prompt.strip() in f"Answer: {reference}"


def is_trained_on(sample: Sample, verdict: str) -> bool:
    """Whether an answer with this verdict is trained on, without a review.

    A similar answer is, if the kind's answers are texts that may be worded in many ways.
    """
    if verdict == Verdict.SIMILAR:
        return get_kind(sample.kind).trains_on_similar
    return not Verdict(verdict).is_mismatch


def verify(sample: Sample, text: str) -> Verdict:
    """Return how the answer of a reply in the asked form relates to the references; the best verdict counts."""
    kind = get_kind(sample.kind)
    if not kind.is_scored or not sample.answers:
        return Verdict.UNCHECKED
    readings = kind.read(text, prompt=sample.prompt, labels=sample.labels)
    if any(kind.is_written(readings, reference) for reference in sample.answers):
        return Verdict.EQUAL
    if readings.strict is None:
        return Verdict.UNREADABLE
    verdict = best([kind.verdict(readings.strict, reference) for reference in sample.answers])
    written = fold(without_period(unwrap(readings.written)))
    is_rewritten = not kind.is_text and all(written != fold(reference) for reference in sample.answers)
    if verdict is Verdict.EQUAL and sample.labels:
        return Verdict.SAME_LABEL
    return Verdict.EQUAL_VALUE if verdict is Verdict.EQUAL and is_rewritten else verdict
