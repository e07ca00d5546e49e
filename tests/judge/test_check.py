"""Files of grades: those of the user for `judge check`, and those of a judge of kind `file`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.settings import JudgeSettings
from orca_local.judge.check import read_user_grades, stored_answers
from orca_local.judge.file_judge import file_judge
from orca_local.judge.judge import Judge
from orca_local.store.store import Store
from tests.judge.scene import context_of, drained, letters

LINE = {"prompt": "Write.", "answer": "Dear Ann", "grade": 4}


def lines(path: Path, *values: Any) -> Path:
    path.write_text(
        "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in values), encoding="utf-8"
    )
    return path


def test_grades_are_read_with_what_belongs_to_them(tmp_path: Path) -> None:
    other = LINE | {"reference": "Dear Bob", "rubric": "5: kind", "task": "letters", "id": "l1", "grade": "5"}
    first, second = read_user_grades(lines(tmp_path / "g.jsonl", LINE, other))
    assert (first.grade, first.answer, first.sample.answers, first.sample.kind) == (4, "Dear Ann", (), "judged")
    assert (second.grade, second.sample.id, second.sample.answers) == (5, "l1", ("Dear Bob",))
    assert second.sample.metadata["rubric"] == "5: kind"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (LINE | {"grade": 6}, "'grade' is '6'; it must be a whole number from 1 to 5"),
        (LINE | {"grade": 0}, "'grade' is '0'"),
        (LINE | {"grade": 3.5}, "'grade' is '3.5'"),
        (LINE | {"grade": "good"}, "'grade' is 'good'"),
        (LINE | {"grade": True}, "'grade' is 'True'"),
        ({"prompt": "Write.", "answer": "x"}, "'grade' is missing"),
        ({"prompt": "Write.", "grade": 3}, "'answer' is missing"),
        (LINE | {"prompt": 7}, "'prompt' must be a text, not 7"),
        (LINE | {"grade": 5}, "this answer is graded 5, and 4 in a line before"),
        ("{", "bad line"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, wrong: Any, message: str) -> None:
    path = lines(tmp_path / "g.jsonl", LINE, wrong)
    with pytest.raises(InputError) as caught:
        read_user_grades(path)
    assert message in caught.value.message and caught.value.hint


def test_a_line_twice_counts_once(tmp_path: Path) -> None:
    assert len(read_user_grades(lines(tmp_path / "g.jsonl", LINE, LINE))) == 1


def test_a_file_without_grades_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_user_grades(lines(tmp_path / "g.jsonl"))


def test_a_file_is_a_judge(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "j.jsonl",
        {"id": "l0", "answer": "Dear Ann", "grade": 5},
        {"id": "l1", "answer": "Hey", "text": "Rude.\nGrade: 1"},
        {"id": "l2", "answer": "What?", "text": "I have no opinion."},
    )
    settings = JudgeSettings(kind="file", file=path.name)
    with Store.open(tmp_path / "orca.db", create=True) as store:
        judge = Judge(settings, lambda offline: file_judge(path), lambda endpoint, model: None, "orca-local probe")
        answers = list(zip(letters(4), ["Dear Ann ", "Hey", "What?", "unknown"], strict=True))
        _, (grades, counts) = drained(judge.grade_texts(context_of(store), answers))
        assert [one for one, _ in grades] == [5, 1, None, None]
        assert (counts.graded, counts.ungraded, counts.not_asked) == (2, 2, 0)
        # A changed file is another judge.
        lines(path, {"id": "l3", "answer": "unknown", "grade": 3}, {"id": "l0", "answer": "Dear Ann", "grade": 2})
        _, (grades, _) = drained(judge.grade_texts(context_of(store), answers))
        assert [one for one, _ in grades] == [2, None, None, 3]
    assert not judge.compares


def test_there_must_be_answers_to_grade(tmp_path: Path) -> None:
    with (
        Store.open(tmp_path / "orca.db", create=True) as store,
        pytest.raises(InputError, match="no stored answers that the judge grades"),
    ):
        stored_answers(store, JudgeSettings(kind="local"), 5)
