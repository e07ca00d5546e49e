"""Strategies: those built in, and those of a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.settings import DEFAULT_SYSTEM_MESSAGE
from orca_local.domain.strategies import BUILTIN, Strategy, load_strategies

NAMES = {
    "direct_answer",
    "step_by_step",
    "recall_then_generate",
    "recall_reason_generate",
    "extract_generate",
    "explain_then_answer",
    "plain",
}


def test_the_seven_strategies_are_built_in_and_differ() -> None:
    assert {strategy.name for strategy in BUILTIN} == NAMES
    assert BUILTIN[0].name == "direct_answer"
    assert len({strategy.student for strategy in BUILTIN}) == 7
    assert len({strategy.hash for strategy in BUILTIN}) == 7
    assert all(strategy.builtin for strategy in BUILTIN)


def test_plain_alone_asks_for_no_form_and_comes_last() -> None:
    assert [strategy.name for strategy in BUILTIN if not strategy.asks_form] == ["plain"]
    plain = BUILTIN[-1]
    assert (plain.name, plain.student, plain.teacher) == ("plain", "", DEFAULT_SYSTEM_MESSAGE)


def test_student_texts_are_short() -> None:
    assert all(len(strategy.student.split()) <= 20 and "\n" not in strategy.student for strategy in BUILTIN)


def test_hash_changes_with_either_text() -> None:
    hashes = {Strategy("a", *texts).hash for texts in (("x", "y"), ("x", "z"), ("z", "y"), ("xy", ""), ("", "xy"))}
    assert len(hashes) == 5
    assert Strategy("a", "x", "y").hash == Strategy("b", "x", "y").hash
    assert Strategy("a", "x", "y", asks_form=False).hash not in hashes


def test_hash_of_a_strategy_that_asks_for_the_form_is_that_of_its_texts() -> None:
    """Stored in workspaces: it must not change."""
    assert Strategy("a", "x", "y").hash == hashlib.sha256(b"x\0y").hexdigest()[:16]


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "strategies.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_no_file_leaves_the_built_in_ones(tmp_path: Path) -> None:
    assert list(load_strategies(None)) == list(load_strategies(tmp_path / "strategies.toml"))
    assert list(load_strategies(None)) == [strategy.name for strategy in BUILTIN]
    assert list(load_strategies(write(tmp_path, ""))) == [strategy.name for strategy in BUILTIN]


def test_user_strategies_come_after_the_built_in_ones(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '\ufeff[[strategy]]\r\nname = "units_first"\r\ntext = " State the unit. "\r\n'
        '[[strategy]]\nname = "table"\nstudent = "Make a table."\nteacher = "Make a table with a header."\n',
    )
    strategies = load_strategies(path)
    assert list(strategies)[7:] == ["units_first", "table"]
    assert strategies["units_first"] == Strategy("units_first", "State the unit.", "State the unit.")
    assert strategies["table"] == Strategy("table", "Make a table.", "Make a table with a header.")


@pytest.mark.parametrize(
    ("lines", "student", "teacher"),
    [
        ("", "", DEFAULT_SYSTEM_MESSAGE),
        ('text = ""', "", DEFAULT_SYSTEM_MESSAGE),
        ('student = "  "\nteacher = "Explain well."', "", "Explain well."),
        ('text = "Think aloud."', "Think aloud.", "Think aloud."),
    ],
)
def test_a_strategy_without_the_form_needs_no_text(tmp_path: Path, lines: str, student: str, teacher: str) -> None:
    path = write(tmp_path, f'[[strategy]]\nname = "own_way"\nasks_form = false\n{lines}\n')
    expected = Strategy("own_way", student, teacher, asks_form=False)
    assert load_strategies(path)["own_way"] == expected


def test_asks_form_may_be_said_of_a_strategy_that_does(tmp_path: Path) -> None:
    path = write(tmp_path, '[[strategy]]\nname = "x"\ntext = "y"\nasks_form = true\n')
    assert load_strategies(path)["x"] == Strategy("x", "y", "y")


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ("[[strategy]\n", "not valid TOML", "strategy"),
        (b'[[strategy]]\nname = "x\xff"\n', "not UTF-8", "UTF-8"),
        ("[[strategies]]\n", "unknown key 'strategies'", "strategy"),
        ('strategy = "x"\n', "list of tables", "strategy"),
        ('strategy = ["x"]\n', "strategy 1 is not a table", "strategy"),
        ('[[strategy]]\nname = "x"\ntxt = "y"\n', "strategy 1: unknown key 'txt'", "'text'"),
        ('[[strategy]]\nname = "x"\ncolour = "y"\n', "unknown key 'colour'", "the keys are"),
        ('[[strategy]]\ntext = "y"\n', "has no name", "name"),
        ('[[strategy]]\nname = "Bad Name"\ntext = "y"\n', "'Bad Name' is not a valid name", "lower-case"),
        ('[[strategy]]\nname = 3\ntext = "y"\n', "name must be a text", "name"),
        ('[[strategy]]\nname = "x"\n', "'x' needs one text", "text"),
        ('[[strategy]]\nname = "x"\ntext = "y"\nstudent = "z"\n', "'x' needs one text, but has 2", "text"),
        ('[[strategy]]\nname = "x"\ntext = "  "\n', "text must be a text that is not empty", "text"),
        ('[[strategy]]\nname = "x"\ntext = ["y"]\n', "text must be a text", "text"),
        ('[[strategy]]\nname = "x"\ntext = "y"\nteacher = ""\n', "teacher must be a text", "teacher"),
        ('[[strategy]]\nname = "x"\ntext = "y"\nasks_form = "no"\n', "asks_form must be true or false", "false"),
        ('[[strategy]]\nname = "x"\ntext = "y"\nasks_form = 0\n', "asks_form must be true or false", "false"),
        ('[[strategy]]\nname = "x"\nasks_form = true\n', "'x' needs one text, but has none", "text"),
        ('[[strategy]]\nname = "x"\nasks_form = false\ntext = ""\nstudent = ""\n', "but has 2", "text"),
        ('[[strategy]]\nname = "x"\nasks_form = false\nteacher = ""\n', "teacher must be a text", "teacher"),
        ('[[strategy]]\nname = "plain"\ntext = "y"\n', "'plain' is built in", "another name"),
        ('[[strategy]]\nname = "direct_answer"\ntext = "y"\n', "'direct_answer' is built in", "another name"),
        ('[[strategy]]\nname = "x"\ntext = "y"\n' * 2, "strategy 2: 'x' is in this file already", "another name"),
    ],
)
def test_bad_file_is_an_error_with_a_hint(tmp_path: Path, content: str | bytes, message: str, hint: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        load_strategies(path)
    assert message in caught.value.message
    assert str(path) in caught.value.message
    assert hint in caught.value.hint


def test_folder_is_not_a_strategy_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_strategies(tmp_path)
