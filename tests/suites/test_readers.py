"""From the columns of the publishers to questions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.hub.benchmarks import find_suites
from orca_local.kinds.scoring import find_unscorable
from orca_local.kinds.table import get_kind
from orca_local.suites.load import NO_ANSWER, LoadedSuite, load_rows
from orca_local.suites.place import open_directory
from orca_local.suites.question import Question
from orca_local.suites.scores import score_output


def load(name: str, directory: Path) -> LoadedSuite:
    (suite,) = find_suites([name])
    return load_rows(suite, open_directory(suite, directory))


def questions(name: str, directory: Path) -> tuple[Question, ...]:
    return load(name, directory).questions


def test_agieval_accepts_each_of_several_right_options(files: Path) -> None:
    first, second, third = questions("agieval", files)
    assert first.prompt == "Ann sits by Bob.\n\nWho sits?\n\n(A) Ann\n(B) Bob" and first.answers == ("A",)
    assert second.answers == ("A", "B") and second.target == "AB"
    assert third.prompt.startswith("1 + 1?") and third.options == ("2", "3", "4")
    assert first.cluster == second.cluster != third.cluster == ""
    assert {question.group for question in (first, second, third)} == {"lsat-ar"}


def test_bbh_has_the_kind_of_its_task_and_leaves_out_broken_rows(files: Path) -> None:
    loaded = load("bbh", files)
    found = {question.group: (question.kind, question.answers, question.target) for question in loaded.questions}
    assert found == {
        "boolean_expressions": ("boolean", ("no",), "False"),
        "snarks": ("multiple_choice", ("B",), "(B)"),
        "object_counting": ("number", ("2",), "2"),
        "formal_fallacies": ("exact", ("valid",), "valid"),
    }
    known, other = loaded.left_out
    assert known.id == "ruin_names/100" and "commas" in known.reason
    assert other.id == "ruin_names/6" and other.reason == NO_ANSWER
    assert loaded.notes()[0].startswith("6 of the 6,511 published rows")


def test_drop_has_numbers_spans_dates_and_the_answers_of_others(files: Path) -> None:
    first, second, third = questions("drop", files)
    assert first.answers == ("Ann\nBob", "Ann", "2") and first.group == "spans"
    assert second.answers == ("3 May",) and second.group == "date" and second.cluster == first.cluster
    assert third.answers == ("cold", "it was cold") and third.group == "span"


def test_crass_options_are_shuffled_alike_every_time(files: Path) -> None:
    first, second = questions("crass", files)
    assert sorted(first.options) == [
        "I'm not sure; men do that.",
        "It would be shut.",
        "Rain.",
        "That is not possible.",
    ]
    assert first.options["ABCD".index(first.answers[0])] == "It would be shut."
    assert second.labels == ("A", "B", "C") and second.options["ABC".index(second.target)] == "Silence."
    assert questions("crass", files) == (first, second)


def test_crass_has_its_right_answer_at_every_place(tmp_path: Path) -> None:
    lines = [f"{n};x;A man sings.;What if he had not?;Silence.;Rain.;Noise.;Snow." for n in range(200)]
    (tmp_path / "crass.csv").write_text("\n".join(["header", *lines]))
    letters = [question.target for question in questions("crass", tmp_path)]
    assert all(30 < letters.count(letter) < 70 for letter in "ABCD")


def test_race_asks_every_question_of_an_article(files: Path) -> None:
    first, second, third = questions("race", files)
    assert (first.cluster, first.group, second.group) == (second.cluster, "high", "high")
    assert third.group == "middle" and third.answers == ("B",) and third.cluster != first.cluster


def test_gsm8k_mmlu_and_arc(files: Path) -> None:
    assert questions("gsm8k", files)[7].answers == ("1007",)
    assert questions("mmlu", files)[30].id == "maths/31" and questions("mmlu", files)[31].answers == ("B",)
    hot, cold = questions("arc-challenge", files)
    assert hot.answers == ("B",) and cold.answers == ("A",) and "(A) ice" in hot.prompt


@pytest.mark.parametrize("name", ["agieval", "bbh", "drop", "crass", "race", "gsm8k", "mmlu", "arc-challenge"])
def test_the_reference_in_the_asked_form_is_right(files: Path, name: str) -> None:
    (suite,) = find_suites([name])
    for question in questions(name, files):
        kind = get_kind(question.kind)
        assert find_unscorable(kind, question.answers[0], question.prompt, question.labels) == ""
        assert score_output(suite, question, kind.answer_line(question.answers[0])).ours.value == 1


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("gsm8k.test.jsonl", '{"question": "1?", "answer": "one"}', "row 1 of test has no number after ####"),
        ("gsm8k.test.jsonl", '{"question": "1?", "ans', "not JSON"),
        ("gsm8k.test.jsonl", "", "has no questions of gsm8k"),
        (
            "race.jsonl",
            '{"article": "a", "question": "b", "options": "c", "answer": "A"}',
            "no list of texts in .*'options'",
        ),
        (
            "mmlu.test.jsonl",
            '{"question": "b", "subject": "c", "choices": ["d"], "answer": 4}',
            "no number of an option",
        ),
        ("arc-challenge.jsonl", '{"question": "b", "answerKey": "A"}', "no options in its column 'choices'"),
        ("agieval.sat.jsonl", '{"question": "b", "options": ["(A)c"], "label": ""}', "no letter"),
        ("drop.jsonl", '{"query_id": "1", "passage": "a", "question": "b"}', "'answer' or 'answers_spans'"),
        ("crass.csv", "header\n1;x;A.;B?;C.", "fewer than two options"),
        ("crass.csv", "header\n1;x", "row 1 of crass has no list of texts"),
    ],
)
def test_a_file_that_is_not_the_publishers_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message) as raised:
        load(name.partition(".")[0], tmp_path)
    assert raised.value.hint


def test_two_questions_of_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "crass.csv").write_text("header\n1;x;A.;B?;C.;D.\n1;x;A.;B?;C.;D.")
    with pytest.raises(InputError, match="two questions of crass have the id '1'"):
        load("crass", tmp_path)


@pytest.mark.skipif("ORCA_TEST_SUITES" not in os.environ, reason="ORCA_TEST_SUITES names no folder with real suites")
@pytest.mark.parametrize("name", ["agieval", "bbh", "drop", "crass", "race", "gsm8k"])
def test_published_rows_are_read(name: str) -> None:
    (suite,) = find_suites([name])
    loaded = load(name, Path(os.environ["ORCA_TEST_SUITES"]))
    assert len(loaded.questions) >= 30 and not loaded.left_out
    for question in loaded.questions:
        line = get_kind(question.kind).answer_line(question.answers[0])
        assert score_output(suite, question, line).ours.value == 1, question
