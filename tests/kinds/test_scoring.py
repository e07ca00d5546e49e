"""Scores, and what counts as right."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.types import Sample
from orca_local.kinds.scoring import is_scored, score, verify
from orca_local.kinds.table import KINDS
from orca_local.kinds.verdict import Verdict, best


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
        (make("exact", "8, 9"), "Answer: 8,9", "8,9", 0.0, "exact_match"),
        (make("exact", "NEG", labels=("NEG", "POS")), "It is NEG.", "NEG", 1.0, "exact_match"),
        (make("exact", "NEG", labels=("NEG", "POS")), "NEG or POS", None, None, "exact_match"),
        (make("span", "green bike", "bike"), "Answer: the green bike", "the green bike", 1.0, "token_f1"),
        (make("span", "a big green bike"), "Answer: bike", "bike", 0.5, "token_f1"),
        (make("text", "the cat sat"), "The cat sat.", "The cat sat.", 0.99, "rouge_l"),
        (make("text", "the cat sat"), "", None, None, "rouge_l"),
    ],
)
def test_score(sample: Sample, text: str, extracted: str | None, value: float | None, scorer: str) -> None:
    result = score(sample, text)
    assert (result.lenient.extracted, result.lenient.value, result.scorer) == (extracted, value, scorer)


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
        assert score(make(kind, answer), f"Answer: {answer}").strict.value == 1.0


def test_prompt_given_back_is_not_right_by_accident() -> None:
    prompt = "There are 12 boxes with 4 pens in each box. Are there 48 pens, yes or no? A) yes B) no"
    for kind, answer in (("number", "48"), ("boolean", "no"), ("multiple_choice", "B"), ("exact", "no")):
        sample = replace(make(kind, answer), prompt=prompt)
        assert score(sample, prompt).lenient.value is None


def test_an_unknown_kind_is_named_wherever_it_is_used() -> None:
    sample = make("numbr", "18")
    for use in (lambda: score(sample, "18"), lambda: verify(sample, "18"), lambda: is_scored(sample)):
        with pytest.raises(InputError, match=re.escape(f"unknown kind 'numbr'; kinds are {', '.join(KINDS)}")):
            use()


@pytest.mark.parametrize(
    ("sample", "text", "verdict"),
    [
        (make("number", "18"), "Answer: 18", Verdict.EQUAL),
        (make("number", "18"), "Answer: 19", Verdict.DIFFERENT),
        (make("number", "18"), "no idea", Verdict.UNREADABLE),
        (make("number", "18"), "They are 18.", Verdict.UNREADABLE),
        (make("span", "a big green bike"), "Answer: the big green bike", Verdict.EQUAL),
        (make("span", "a big green bike"), "Answer: bike", Verdict.SIMILAR),
        (make("span", "a very big green bike"), "Answer: bike", Verdict.DIFFERENT),
        (make("span", "a big green bike", "bike"), "Answer: bike", Verdict.EQUAL),
        (make("span", "two bikes"), "Answer: three bikes", Verdict.DIFFERENT),
        (make("text", "the cat sat"), "Answer:\nThe cat.", Verdict.SIMILAR),
        (make("text", "the cat sat"), "Answer:\nThe cat  sat", Verdict.EQUAL),
        (make("text", "the cat sat"), "Answer:\nThe cat never sat", Verdict.DIFFERENT),
        (make("text", "the cat sat"), "The cat.", Verdict.UNREADABLE),
        (make("free"), "anything", Verdict.UNCHECKED),
        (make("free", "a text"), "anything", Verdict.UNCHECKED),
        (make("number"), "Answer: 18", Verdict.UNCHECKED),
    ],
)
def test_a_verdict_says_how_an_answer_relates_to_the_reference(sample: Sample, text: str, verdict: Verdict) -> None:
    assert verify(sample, text) is verdict


def test_the_best_verdict_of_several_references_counts() -> None:
    assert best([Verdict.DIFFERENT, Verdict.SIMILAR, Verdict.EQUAL_VALUE]) is Verdict.EQUAL_VALUE
    assert [verdict for verdict in Verdict if verdict.is_verified] == ["equal", "equal_value", "same_label"]
    assert [verdict.verified for verdict in (Verdict.SIMILAR, Verdict.UNCHECKED, Verdict.UNREADABLE)] == [
        None,
        None,
        False,
    ]
