"""Options as columns: their texts, their marks, and which of them an answer means."""

from __future__ import annotations

from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.tasks.columns.cell import BadRow, Column
from orca_local.tasks.columns.choices import AnswerForm, OptionColumns, Options, plan_form

ONE = OptionColumns((Column("choices", ("choices",)),))
ANIMALS = Options(("ant", "bee", "cow", "dog"))


@pytest.mark.parametrize(
    ("cell", "texts", "marks"),
    [
        (["ant", "bee", None, ""], ("ant", "bee"), ()),
        (["a\nb", " c "], ("a b", "c"), ()),
        ([3, 4.5, 10.0], ("3", "4.5", "10"), ()),
        ('["ant", "bee"]', ("ant", "bee"), ()),
        ("['ant', 'bee']", ("ant", "bee"), ()),
        ("['ant' \"bee's\"\n 'cow']", ("ant", "bee's", "cow"), ()),
        ("ant | bee|cow", ("ant", "bee", "cow"), ()),
        ("A) ant\nB) bee\n", ("ant", "bee"), ("A", "B")),
        ({"text": ["ant", "bee"], "label": ["P", "Q"]}, ("ant", "bee"), ("P", "Q")),
        ({"A": "ant", "B": "bee", "C": None}, ("ant", "bee"), ("A", "B")),
        (["(A) ant", "(B) bee"], ("ant", "bee"), ("A", "B")),
        (["A. ant", "C. bee"], ("A. ant", "C. bee"), ()),
    ],
)
def test_options_are_read_in_any_form(cell: Any, texts: tuple[str, ...], marks: tuple[str, ...]) -> None:
    options = ONE.read({"choices": cell})
    assert (options.texts, options.marks) == (texts, marks)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("ant, bee", "the options must be a list of texts, not 'ant, bee'"),
        (["ant"], "there must be 2 to 26 options, not 1"),
        (["x"] * 27, "there must be 2 to 26 options, not 27"),
        (["ant", "", "cow"], "option B is empty"),
        (["ant", ["bee"]], "an option must be a text, not ['bee']"),
        ({"first": "ant"}, "the options must be a list of texts"),
    ],
)
def test_what_is_no_list_of_options_is_a_problem_of_the_row(cell: Any, message: str) -> None:
    with pytest.raises(BadRow) as caught:
        ONE.read({"choices": cell})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("answers", "form"),
    [
        ([0, 1, 3], "from 0"),
        (["1", "4"], "from 1"),
        ([2.0, 4.0], "from 1"),
        (["ant", "COW "], "text"),
        (["A", "(d)", "b."], "letter"),
        (["ant", "bee", "whale"], "text"),
    ],
)
def test_the_form_of_the_answers_is_decided_by_the_first_rows(answers: list[Any], form: AnswerForm) -> None:
    assert plan_form([(ANIMALS, answer) for answer in answers], None) == form


def test_options_that_are_numbers_are_texts_to_a_text_and_indexes_to_a_number() -> None:
    numbers = Options(("2", "1", "4", "3"))
    assert plan_form([(numbers, "2"), (numbers, "4")], None) == "text"
    assert plan_form([(numbers, 0), (numbers, 2)], None) == "from 0"
    with pytest.raises(InputError, match="count from 0 or from 1"):
        plan_form([(numbers, 1), (numbers, 2)], None)
    with pytest.raises(InputError, match="both 0 and the number of options occur"):
        plan_form([(numbers, 0), (numbers, 4), (numbers, 2)], None)
    assert plan_form([(numbers, 1), (numbers, 2)], 1) == "from 1"


def test_equal_options_are_a_problem_only_where_the_answer_is_their_text() -> None:
    twice = Options(("ant", "Ant", "bee", "bee"))
    assert twice.find("Ant", "text") == 1, "as it is written"
    assert twice.find("B", "letter") == 1
    with pytest.raises(BadRow, match="options C and D are the same text"):
        twice.find("bee", "text")


@pytest.mark.parametrize(
    ("answer", "form"), [("E", "letter"), ("", "letter"), (4, "from 0"), (0, "from 1"), (True, "text")]
)
def test_an_answer_that_is_no_option_names_none(answer: Any, form: AnswerForm) -> None:
    assert ANIMALS.find(answer, form) is None
