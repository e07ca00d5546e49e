"""How right an answer is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from orca_local.domain.answers import extract_answer, normalize
from orca_local.domain.types import Sample


@dataclass(frozen=True, slots=True)
class Score:
    """What was found in a completion, and what it is worth."""

    extracted: str | None
    """The answer found; None where there was none."""
    value: float | None
    """From 0 to 1; None where nothing was found, which counts as 0 in an accuracy."""
    scorer: str
    """Name of the rule, such as `number` or `token_f1`."""


def score(sample: Sample, text: str) -> Score:
    """Score a completion against the sample's accepted answers; the best match counts.

    Raises `ValueError` for kind `free`, which has no score.
    """
    if sample.kind == "free":
        raise ValueError(f"sample {sample.id!r} is of kind free and has no score")
    extracted = extract_answer(sample.kind, text, prompt=sample.prompt, labels=sample.labels)
    name = {"span": "token_f1", "text": "rouge_l"}.get(sample.kind, sample.kind)
    if extracted is None:
        return Score(None, None, name)
    match sample.kind:
        case "number":
            value = max(_same_number(extracted, answer) for answer in sample.answers)
        case "boolean":
            value = max(float(extracted == _truth(answer)) for answer in sample.answers)
        case "multiple_choice":
            value = max(float(extracted == answer.strip().strip("().").upper()) for answer in sample.answers)
        case "span":
            value = max(token_f1(extracted, answer) for answer in sample.answers)
        case "text":
            value = max(rouge_l(extracted, answer) for answer in sample.answers)
        case _:
            value = max(float(normalize(extracted) == normalize(answer)) for answer in sample.answers)
    return Score(extracted, value, name)


def _truth(answer: str) -> str:
    return "yes" if answer.strip().lower() in ("yes", "true") else "no"


def _same_number(found: str, reference: str) -> float:
    """1.0 where the numbers agree to the digits that the reference gives; whole numbers agree exactly."""
    wanted = extract_answer("number", reference)
    if wanted is None:
        return 0.0
    digits = reference.rpartition(".")[2] if "." in reference else ""
    decimals = len(digits) if digits.isdigit() else 0
    tolerance = 0.5 * 10.0**-decimals + 1e-12 if decimals else 1e-9 * max(1.0, abs(float(wanted)))
    return float(abs(float(found) - float(wanted)) <= tolerance)


def token_f1(found: str, reference: str) -> float:
    """F1 of the two texts' words, each counted as often as it occurs (SQuAD, Rajpurkar et al. 2016)."""
    a, b = normalize(found).split(), normalize(reference).split()
    if not a or not b:
        return float(a == b)
    common = sum((Counter(a) & Counter(b)).values())
    return 2 * common / (len(a) + len(b))


def rouge_l(found: str, reference: str) -> float:
    """F1 of the longest common subsequence of words (Lin 2004, ROUGE-L with equal weight)."""
    a, b = normalize(found).split(), normalize(reference).split()
    if not a or not b:
        return float(a == b)
    return 2 * _common_subsequence(a, b) / (len(a) + len(b))


def _common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    row = [0] * (len(b) + 1)
    for word in a:
        above_left = 0
        for j, other in enumerate(b, 1):
            above = row[j]
            row[j] = above_left + 1 if word == other else max(above, row[j - 1])
            above_left = above
    return row[-1]
