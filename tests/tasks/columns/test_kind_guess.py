"""The kind that the first answers speak for."""

from __future__ import annotations

from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.tasks.columns.drafts import Draft
from orca_local.tasks.columns.kind_guess import guess_kind

LONG = "It is a long answer. " * 8
PASSAGE = "Meier bought the mill in 1912 and sold it to a baker from Thun. " * 3


def drafts(answers: list[Any], prompt: str = "Q?") -> list[Draft]:
    return [Draft(line, {}, {"prompt": prompt, "answer": answer}) for line, answer in enumerate(answers, 1)]


@pytest.mark.parametrize(
    ("answers", "kind", "reason"),
    [
        (["1", "2.5", "1,024", "$3"], "number", "every answer of the first 4 rows is a number"),
        ([7], "number", "every answer of the first row is a number"),
        (["7"] * 39 + ["none"], "number", "every answer but 1 of the first 40 rows is a number"),
        ([True, False], "boolean", "every answer of the first 2 rows is yes or no"),
        (["Yes", "no"], "boolean", "every answer of the first 2 rows is yes or no"),
        (
            [["Bern", "Berne"], ["Thun", "Thoune"]],
            "span",
            "every answer of the first 2 rows is a list of accepted texts",
        ),
        (["Bern", ["Thun", "Thoune"]], "span", "some answers of the first 2 rows are lists of accepted texts"),
        (["red", "blue", "Bern in spring"], "exact", "words or short phrases"),
        (["the oldest mill of the whole valley"] * 3, "span", "are phrases"),
        ([LONG, LONG, "7"], "free", "most answers of the first 3 rows are long texts"),
        ([LONG, *["red"] * 9], "free", "some answers of the first 10 rows are long texts"),
        ([None, None], "free", "no row has an answer"),
    ],
)
def test_the_kind_is_guessed_with_its_reason(answers: list[Any], kind: str, reason: str) -> None:
    guess = guess_kind(drafts(answers))
    assert guess.kind == kind and reason in guess.reason and guess.labels == ()


def test_answers_that_stand_in_their_prompts_are_spans_though_some_are_numbers() -> None:
    assert guess_kind(drafts(["1912", "Meier", "a baker from Thun"], PASSAGE)).kind == "span"


def test_letters_of_options_in_the_prompt_are_multiple_choice() -> None:
    prompt = "Which?\n(A) ant\n(B) bee\n(C) cow"
    assert guess_kind(drafts(["A", "(b)", "C."], prompt)).kind == "multiple_choice"
    assert guess_kind(drafts(["A", "b", "C"], "Which?")).kind == "exact"


def test_few_answers_that_come_again_are_labels() -> None:
    answers = ["good", "bad", "fair"] * 10
    assert guess_kind(drafts(answers)).labels == (), "a fourth may follow"
    assert guess_kind(drafts(answers), is_class=True).labels == ("bad", "fair", "good")
    assert guess_kind(drafts(answers * 2)).labels == ("bad", "fair", "good")


def test_summaries_are_texts() -> None:
    assert guess_kind(drafts([LONG, "Short."]), is_summary=True).kind == "text"


def test_numbers_among_texts_are_refused_with_a_row_of_each() -> None:
    with pytest.raises(InputError) as caught:
        guess_kind(drafts(["red", "7", "blue", "8", LONG]))
    assert "2 of the first 5 are numbers (row 2: '7'), 3 are not (row 1: 'red')" in caught.value.message
    assert "--kind exact" in caught.value.hint
