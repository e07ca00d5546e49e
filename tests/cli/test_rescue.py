"""What is intact of a damaged database is saved, and the damaged one is kept."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orca_local.cli.app import run
from orca_local.domain.errors import BusyError, InputError
from orca_local.runs.lock import LOCK_FILE
from orca_local.runs.rescue import RescueResult, rescue
from orca_local.store.check import find_damage, table_columns
from orca_local.store.connection import Connection
from orca_local.store.migrate import migrate
from orca_local.store.schema import STEPS
from orca_local.store.store import Store
from orca_local.system.processes import host_name, process_started
from tests.store.damage import CONTENTS, FILES, PAGE, change, foreign_log, zero_pages

Rows = dict[str, set[str]]


@pytest.fixture
def path(full: Path, tmp_path: Path) -> Path:
    """A copy of its database."""
    return Path(shutil.copy(full / "orca.db", tmp_path / "orca.db"))


def rows_of(path: Path) -> Rows:
    """All rows of a database as text, by table."""
    with closing(sqlite3.connect(path)) as connection:
        return {t: set(map(repr, connection.execute(f"SELECT * FROM {t}"))) for t in table_columns()}


def lost(result: RescueResult) -> dict[str, int]:
    """The number of lost rows of each table that lost any."""
    return {table.name: table.lost for table in result.tables if table.lost}


@pytest.mark.parametrize("name", FILES)
def test_what_is_saved_can_be_used_and_the_damaged_file_is_kept(path: Path, name: str) -> None:
    for seed in range(3):
        directory = path.parent / str(seed)
        directory.mkdir()
        damaged = Path(shutil.copy(path, directory / "orca.db"))
        FILES[name](damaged, random.Random(seed))
        before = damaged.read_bytes()
        try:
            result = rescue(damaged)
        except InputError as error:
            assert "no row" in error.message
            assert damaged.read_bytes() == before and [*directory.glob("*.part")] == []
            continue
        if result.kept is not None:
            assert Path(result.kept).read_bytes() == before
        assert find_damage(damaged) == ""
        Store.open(damaged).close()


@pytest.mark.parametrize("name", CONTENTS)
def test_after_a_rescue_nothing_is_damaged(path: Path, name: str) -> None:
    CONTENTS[name](path, random.Random(0))
    try:
        rescue(path)
    except InputError as error:
        assert error.hint
        return
    assert find_damage(path) == ""


def test_rows_around_a_lost_page_are_saved(path: Path) -> None:
    whole = rows_of(path)
    data = bytearray(path.read_bytes())
    gone = min(number for number in range(1, len(data) // PAGE) if b"What is " in data[number * PAGE :][:PAGE])
    data[gone * PAGE : (gone + 1) * PAGE] = bytes(PAGE)
    path.write_bytes(data)
    result = rescue(path)
    saved = rows_of(path)
    missing = {table: len(rows - saved[table]) for table, rows in whole.items() if rows - saved[table]}
    assert 0 < sum(missing.values()) < 120
    assert all(not saved[table] - rows for table, rows in whole.items() if table not in ("tasks", "teacher_calls"))
    assert lost(result)["samples"] == missing["samples"]


def test_every_row_is_saved_if_the_first_page_is_lost(path: Path) -> None:
    whole = rows_of(path)
    data = bytearray(path.read_bytes())
    data[:PAGE] = bytes(PAGE)
    path.write_bytes(data)
    rescue(path)
    saved = rows_of(path)
    for table in ("teacher_calls", "demonstrations", "samples", "charges", "runs", "events", "scores"):
        assert saved[table] == whole[table], table


def test_answers_are_kept_though_their_calls_or_runs_are_lost(path: Path) -> None:
    with Store.open(path) as store:
        answered = {row.teacher_call_key: row.text for row in store.demonstrations.list()}
        spent = store.charges.spent()
    change("DELETE FROM teacher_calls", "DELETE FROM runs", "DELETE FROM tasks")(path, random.Random(0))
    rescue(path)
    with Store.open(path) as store:
        assert store.teacher_calls.texts(answered) == answered
        assert store.charges.spent() == spent
        assert {row.teacher_call_key: row.text for row in store.demonstrations.list()} == answered


def test_an_answer_is_kept_though_the_rest_of_its_row_is_broken(path: Path) -> None:
    with Store.open(path) as store:
        keys = [row.teacher_call_key for row in store.demonstrations.list()]
        answers = store.teacher_calls.texts(keys)
    change("UPDATE teacher_calls SET request_json = '{', finished_at = 'then', prompt_tokens = -1 << 62")(
        path, random.Random(0)
    )
    result = rescue(path)
    assert lost(result) == {}
    with Store.open(path) as store:
        assert store.teacher_calls.texts(keys) == answers


def test_a_database_of_an_earlier_version_is_rescued_and_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "orca.db"
    with closing(Connection(path)) as connection:
        migrate(connection, STEPS[:3])
        for number in range(300):
            connection.insert(
                "teacher_calls",
                {"key": f"k{number:03}", "endpoint": "e", "model": "m", "request_json": "{}", "state": "done"}
                | {"response_json": '{"text": "yes"}', "prompt_tokens": 1, "completion_tokens": 1, "attempts": 1}
                | {"error": "", "created_at": "2026-01-01T00:00:00+00:00"},
            )
    data = bytearray(path.read_bytes())
    data[:PAGE] = bytes(PAGE)
    path.write_bytes(data)
    rescue(path)
    with Store.open(path) as store:
        assert len(store.teacher_calls.answered([f"k{number:03}" for number in range(300)])) == 300


def test_a_log_of_another_database_is_refused_and_left_out(path: Path) -> None:
    whole = rows_of(path)
    for leftover in ("orca.db-wal", "orca.db-shm"):
        path.with_name(leftover).unlink(missing_ok=True)
    before = path.read_bytes()
    foreign_log(path, random.Random(1))
    with pytest.raises(InputError, match="of another database"):
        Store.open(path)
    assert path.read_bytes() == before
    rescue(path)
    assert rows_of(path) == whole


def test_an_intact_database_is_not_touched(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = path.read_bytes()
    assert run(["rescue", str(path.parent)]) == 0
    assert "intact" in capsys.readouterr().out
    assert path.read_bytes() == before and [file.name for file in path.parent.iterdir()] == ["orca.db"]


def test_to_writes_another_file_and_changes_nothing(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zero_pages(path, random.Random(0))
    before, target = path.read_bytes(), path.with_name("saved.db")
    assert run(["rescue", str(path.parent), "--to", str(target), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["path"] == str(target) and result["kept"] is None and result["damage"]
    assert {table["name"] for table in result["tables"]} >= {"samples", "teacher_calls"}
    assert path.read_bytes() == before
    assert find_damage(target) == ""
    assert run(["rescue", str(path.parent), "--to", str(target)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_every_rescue_keeps_its_file(path: Path) -> None:
    for name in ("orca.db.damaged", "orca.db.damaged-2"):
        zero_pages(path, random.Random(3))
        assert rescue(path).kept == str(path.with_name(name))


def test_a_rescue_that_was_killed_while_it_changed_names_uses_the_log_again(path: Path) -> None:
    change("DROP TABLE scores")(path, random.Random(0))
    copy = path.with_name("killed.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE tasks SET source = 'in the log'")
        connection.commit()
        shutil.copy(path, copy)
        shutil.copy(f"{path}-wal", f"{copy}.damaged-wal")
    os.link(copy, f"{copy}.damaged")
    assert rescue(copy).kept == f"{copy}.damaged"
    assert all("in the log" in row for row in rows_of(copy)["tasks"])


def test_a_database_that_a_run_uses_is_left_alone(path: Path) -> None:
    holder = {
        "pid": os.getpid(),
        "process_started": process_started(os.getpid()),
        "host": host_name(),
        "stage": "teach",
    }
    (path.parent / LOCK_FILE).write_text(json.dumps(holder))
    with pytest.raises(BusyError, match="teach is running"):
        rescue(path)
