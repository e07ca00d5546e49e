"""Scores, and what counts as right."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.types import Sample
from orca_local.kinds.scoring import is_scored, score, verify
from orca_local.kinds.table import KINDS


def make(kind: str, *answers: str, prompt: str = "Which?\nA) red\nB) blue", labels: tuple[str, ...] = ()) -> Sample:
    return Sample("id", "task", kind, prompt, answers, "probe", labels)


@pytest.mark.parametrize(
    ("sample", "text", "extracted", "value", "scorer"),
    [
        (make("number", "18"), "Answer: 18.0 dollars", "18", 1.0, "number"),
        (make("number", "18"), "Answer: 19", "19", 0.0, "number"),
        (make("number", "18"), "no idea", None, None, "number"),
        (make("number", "1,234"), "Answer: 1234", "1234", 1.0, "number"),
        (make("number", "-5"), "Answer: −5", "-5", 1.0, "number"),
        (make("number", "12", "a dozen"), "Answer: 12", "12", 1.0, "number"),
        (make("boolean", "True"), "Yes.", "yes", 1.0, "boolean"),
        (make("boolean", "no"), "Answer: false", "no", 1.0, "boolean"),
        (make("boolean", "no"), "Answer: yes", "yes", 0.0, "boolean"),
        (make("multiple_choice", "B"), "Answer: blue", "B", 1.0, "multiple_choice"),
        (make("multiple_choice", "(b)"), "**B**", "B", 1.0, "multiple_choice"),
        (make("multiple_choice", "A"), "Answer: B", "B", 0.0, "multiple_choice"),
        (make("exact", "Tuesday"), "Answer: **tuesday**.", "tuesday", 1.0, "exact_match"),
        (make("exact", "8, 9"), "Answer: 8,9", "8,9", 1.0, "exact_match"),
        (make("exact", "NEG", labels=("NEG", "POS")), "It is NEG.", "NEG", 1.0, "exact_match"),
        (make("exact", "NEG", labels=("NEG", "POS")), "NEG or POS", None, None, "exact_match"),
        (make("span", "green bike", "bike"), "Answer: the green bike", "the green bike", 1.0, "token_f1"),
        (make("span", "a big green bike"), "Answer: bike", "bike", 0.5, "token_f1"),
        (make("text", "the cat sat"), "The cat sat.", "The cat sat.", 1.0, "rouge_l"),
        (make("text", "the cat sat"), "", None, None, "rouge_l"),
    ],
)
def test_score(sample: Sample, text: str, extracted: str | None, value: float | None, scorer: str) -> None:
    result = score(sample, text)
    assert (result.extracted, result.value, result.scorer) == (extracted, value, scorer)


def test_kind_free_has_no_score() -> None:
    with pytest.raises(InputError, match="'free'"):
        score(make("free"), "anything")


def test_reference_answer_scores_one() -> None:
    for kind, answer in (
        ("number", "-1,234.5"),
        ("boolean", "False"),
        ("multiple_choice", "B"),
        ("exact", "a b"),
        ("span", "x"),
    ):
        assert score(make(kind, answer), f"Answer: {answer}").value == 1.0


def test_prompt_given_back_is_not_right_by_accident() -> None:
    prompt = "There are 12 boxes with 4 pens in each box. Are there 48 pens, yes or no? A) yes B) no"
    for kind, answer in (("number", "48"), ("boolean", "no"), ("multiple_choice", "B"), ("exact", "no")):
        sample = replace(make(kind, answer), prompt=prompt)
        assert score(sample, prompt).value is None


def test_an_unknown_kind_is_named_wherever_it_is_used() -> None:
    sample = make("numbr", "18")
    for use in (lambda: score(sample, "18"), lambda: verify(sample, "18"), lambda: is_scored(sample)):
        with pytest.raises(InputError, match=re.escape(f"unknown kind 'numbr'; kinds are {', '.join(KINDS)}")):
            use()


@pytest.mark.parametrize(
    ("sample", "text", "verified"),
    [
        (make("number", "18"), "Answer: 18", True),
        (make("number", "18"), "Answer: 19", False),
        (make("number", "18"), "no idea", False),
        (make("span", "a big green bike"), "Answer: bike", True),
        (make("span", "a very big green bike"), "Answer: bike", False),
        (make("text", "the cat sat"), "The cat.", True),
        (make("free"), "anything", None),
        (make("free", "a text"), "anything", None),
        (make("number"), "Answer: 18", None),
    ],
)
def test_an_answer_is_verified_from_the_threshold_of_its_kind(sample: Sample, text: str, verified: bool | None) -> None:
    assert verify(sample, text) is verified
