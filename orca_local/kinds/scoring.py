"""How right an answer is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from orca_local.domain.errors import InputError
from orca_local.domain.types import Kind, Sample
from orca_local.kinds.answers import extract_answer
from orca_local.kinds.number_reader import parse_number
from orca_local.kinds.option_reader import normalize

_SCORERS: dict[Kind, str] = {"span": "token_f1", "text": "rouge_l", "exact": "exact_match"}


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

    Raises `InputError` for kind `free`, which has no score.
    """
    if sample.kind == "free":
        raise InputError(
            f"sample {sample.id!r} is of kind 'free', which has no score", hint="leave its task out, or give it a kind"
        )
    extracted = extract_answer(sample.kind, text, prompt=sample.prompt, labels=sample.labels)
    scorer = _SCORERS.get(sample.kind, sample.kind)
    if extracted is None:
        return Score(None, None, scorer)
    return Score(extracted, max(_compare(sample.kind, extracted, answer) for answer in sample.answers), scorer)


def _compare(kind: Kind, found: str, reference: str) -> float:
    match kind:
        case "number":
            return same_number(found, reference)
        case "boolean":
            return float((found == "yes") == (reference.strip().lower() in ("yes", "true")))
        case "multiple_choice":
            return float(found == re.sub(r"[\W_]", "", reference).upper())
        case "span":
            return token_f1(found, reference)
        case "text":
            return rouge_l(found, reference)
        case _:
            return exact_match(found, reference)


def same_number(found: str, reference: str) -> float:
    """1.0 where `found` rounds to the reference at the decimals that the reference gives, else 0.0.

    Whole numbers agree exactly; fractions to a relative 1e-9, the precision of an extracted answer.
    """
    a, b = parse_number(found), parse_number(reference)
    if a is None or b is None:
        return 0.0
    decimals = re.search(r"\.(\d+)\W*$", reference.strip())
    tolerance = Fraction(1, 2 * 10 ** len(decimals[1])) if decimals else abs(b) / 10**9 if b.denominator != 1 else 0
    return float(abs(a - b) <= tolerance)


def exact_match(found: str, reference: str) -> float:
    """1.0 where the two are equal but for case, punctuation, articles and spaces (SQuAD), else 0.0."""
    return float(normalize(found) == normalize(reference))


def token_f1(found: str, reference: str) -> float:
    """F1 of the two texts' words, each counted as often as it occurs (SQuAD, Rajpurkar et al. 2016)."""
    a, b = normalize(found).split(), normalize(reference).split()
    if not a or not b:
        return float(a == b)
    return 2 * sum((Counter(a) & Counter(b)).values()) / (len(a) + len(b))


def rouge_l(found: str, reference: str) -> float:
    """ROUGE-L: F1 of the longest common subsequence of words (Lin 2004, with equal weights)."""
    a, b = re.findall(r"\w+", found.lower()), re.findall(r"\w+", reference.lower())
    if not a or not b:
        return float(a == b)
    return 2 * common_subsequence(a, b) / (len(a) + len(b))


def common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence, by the bit-parallel recurrence of Hyyrö 2004.

    Bit i of the row is cleared where the length grows at `a[i]`; a word of `b` costs one addition.
    """
    places: dict[str, int] = {}
    for i, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << i
    full = (1 << len(a)) - 1
    row = full
    for word in b:
        matches = row & places.get(word, 0)
        row = (row + matches | row - matches) & full
    return len(a) - row.bit_count()


RIGHT = 1.0
"""Score from which an answer to a right-or-wrong kind counts as verified."""
CLOSE = 0.5
"""The same for kinds with partial scores, where even a good answer has other words than the reference."""


def verify(sample: Sample, text: str) -> bool | None:
    """Whether an answer agrees with the reference; None where there is none."""
    if sample.kind == "free" or not sample.answers:
        return None
    value = score(sample, text).value
    if value is None:
        return False
    return value >= (CLOSE if sample.kind in ("span", "text") else RIGHT)
