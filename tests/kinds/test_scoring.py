"""What an answer is worth."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.domain.errors import InputError
from orca_local.domain.types import Kind, Sample
from orca_local.kinds.scoring import common_subsequence, rouge_l, same_number, score, token_f1


def make(kind: Kind, *answers: str, prompt: str = "Which?\nA) red\nB) blue", labels: tuple[str, ...] = ()) -> Sample:
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


@pytest.mark.parametrize(
    ("found", "reference", "value"),
    [
        ("18", "18", 1.0),
        ("18.004", "18", 0.0),
        ("3.14159", "3.14", 1.0),
        ("3.15", "3.14", 0.0),
        ("0.333333333333", "1/3", 1.0),
        ("0.33", "1/3", 0.0),
        ("3.5", "$3.50", 1.0),
        ("18", "18.0", 1.0),
        ("1e-05", "0.00001", 1.0),
        ("100000000000000001", "100000000000000000", 0.0),
        ("9" * 299, "9" * 298, 0.0),
        ("18", "no number", 0.0),
    ],
)
def test_numbers_agree_to_the_digits_of_the_reference(found: str, reference: str, value: float) -> None:
    assert same_number(found, reference) == value


def test_reference_answer_scores_one() -> None:
    for kind, answer in (
        ("number", "-1,234.5"),
        ("boolean", "False"),
        ("multiple_choice", "B"),
        ("exact", "a b"),
        ("span", "x"),
    ):
        assert score(make(kind, answer), f"Answer: {answer}").value == 1.0  # type: ignore[arg-type]


def test_prompt_given_back_is_not_right_by_accident() -> None:
    prompt = "There are 12 boxes with 4 pens in each box. Are there 48 pens, yes or no? A) yes B) no"
    for kind, answer in (("number", "48"), ("boolean", "no"), ("multiple_choice", "B"), ("exact", "no")):
        sample = replace(make(kind, answer), prompt=prompt)  # type: ignore[arg-type]
        assert score(sample, prompt).value is None


def test_token_f1_counts_repeats() -> None:
    assert token_f1("no no", "no") == pytest.approx(2 / 3)
    assert token_f1("red", "blue") == 0.0
    assert token_f1("the", "a") == 0.0


def test_rouge_l_agrees_with_a_worked_example() -> None:
    # Lin 2004, section 3: "police killed the gunman" against "police kill the gunman" has F1 3/4.
    assert rouge_l("police kill the gunman", "police killed the gunman") == pytest.approx(0.75)
    assert rouge_l("the gunman kill police", "police killed the gunman") == pytest.approx(0.5)


def slow_common_subsequence(a: str, b: str) -> int:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@given(st.text("abcd", max_size=80), st.text("abcd", max_size=80))
def test_common_subsequence_equals_the_table_method(a: str, b: str) -> None:
    assert common_subsequence(a, b) == slow_common_subsequence(a, b)


@given(st.text("ab c", max_size=60), st.text("ab c", max_size=60))
def test_partial_scores_are_symmetrical_and_bounded(a: str, b: str) -> None:
    for measure in (token_f1, rouge_l):
        assert 0.0 <= measure(a, b) <= 1.0
        assert measure(a, b) == measure(b, a)
        assert measure(a, a) == 1.0


def test_rouge_l_of_long_texts_is_quick() -> None:
    rng = random.Random(0)
    a, b = (" ".join(rng.choices("abcdefgh", k=20_000)) for _ in range(2))
    assert 0.4 < rouge_l(a, b) < 0.9
