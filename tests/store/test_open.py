from __future__ import annotations

import gc
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from orca_local.domain.errors import BusyError, InputError, MissingError, OrcaError
from orca_local.store.connection import Connection
from orca_local.store.explain import explain
from orca_local.store.migrate import applied_steps, migrate
from orca_local.store.schema import STEPS
from orca_local.store.store import Store
from scripts import make_schema
from tests.store.builders import add_samples, make_sample


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orca.db"


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """A second connection that knows nothing of the store."""
    Store.open(path, create=True).close()
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def test_blank_file_gets_every_step(path: Path) -> None:
    path.touch()
    with Store.open(path, create=True) as store:
        assert store.samples.tasks() == []
    with closing(sqlite3.connect(path)) as raw:
        applied = raw.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'orca_local'").fetchall()
    assert [name for (name,) in applied] == [name for name, _ in STEPS]


def test_current_schema_keeps_its_rows_and_needs_no_migration_library(path: Path) -> None:
    with Store.open(path, create=True) as store:
        add_samples(store, make_sample("a"))
    script = (
        "import sys; from pathlib import Path; from orca_local.store.store import Store\n"
        "with Store.open(Path(sys.argv[1])) as store: print(store.samples.get('a').id)\n"
        "assert 'sqlite_utils' not in sys.modules"
    )
    result = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    assert result.stdout == "a\n"


def test_newer_schema_is_refused_with_the_update_command(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("INSERT INTO _sqlite_migrations VALUES (99, 'orca_local', '0099_later', '2030-01-01')")
    raw.commit()
    with pytest.raises(InputError, match=r"newer orca-local.*0099_later") as caught:
        Store.open(path)
    assert "pip install --upgrade orca-local" in caught.value.hint


def test_step_that_fails_leaves_nothing_behind(path: Path) -> None:
    broken = (*STEPS, ("0002_broken", "CREATE TABLE half (id INTEGER) STRICT;\nSELECT nonsense;\n"))
    with closing(Connection(path)) as connection, pytest.raises(sqlite3.OperationalError, match="nonsense"):
        migrate(connection, broken)
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    with Store.open(path) as store:
        assert store.samples.tasks() == []


def test_older_schema_gets_the_missing_step(path: Path, raw: sqlite3.Connection) -> None:
    later = (*STEPS, ("0002_notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT;\n"))
    with closing(Connection(path)) as connection:
        migrate(connection, later)
        assert applied_steps(connection) == [name for name, _ in later]
    assert raw.execute("SELECT count(*) FROM notes").fetchone() == (0,)


def test_database_of_another_program_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE songs (id)")
    with pytest.raises(InputError, match="another program"):
        Store.open(path, create=True)
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough" * 200, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_corrupt_file_is_named_with_a_remedy(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged or not a database") as caught:
        Store.open(path)
    assert str(path) in caught.value.message
    assert "orca-local rescue" in caught.value.hint
    assert path.read_bytes() == content


def test_damage_found_while_reading_is_named(path: Path) -> None:
    with Store.open(path, create=True) as store:
        add_samples(store, *(make_sample(f"s{n}") for n in range(2000)))
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : -4096] = b"\xff" * (len(content) - 4096 - len(content) // 3)
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"), Store.open(path) as store:
        store.samples.list()


def test_locked_database_is_busy(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("BEGIN IMMEDIATE")
    with Store.open(path, busy_seconds=0.1) as store, pytest.raises(BusyError, match="locked by another process"):
        add_samples(store, make_sample("a"))


def test_reading_goes_on_while_another_process_writes(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("BEGIN IMMEDIATE")
    raw.execute("INSERT INTO tasks VALUES ('sums', 'here', '2026')")
    with Store.open(path, busy_seconds=0.1) as store:
        assert store.samples.list() == []


def test_directory_and_missing_file_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory"):
        Store.open(tmp_path, create=True)
    with pytest.raises(InputError, match="there is no database"):
        Store.open(tmp_path / "none.db")
    with pytest.raises(InputError, match="cannot be opened"):
        Store.open(tmp_path / "none" / "orca.db", create=True)


def test_processes_that_open_a_blank_file_at_once_agree(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from orca_local.store.store import Store\n"
        "sys.stdin.readline()\n"
        "with Store.open(Path(sys.argv[1]), create=True) as store: store.models.ensure('p', 'x', 'llama', 'F16', 1)"
    )
    command = [sys.executable, "-c", script, str(path)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    ends = [process.communicate("go\n", timeout=60) for process in processes]
    assert [(process.returncode, end[1]) for process, end in zip(processes, ends, strict=True)] == [(0, "")] * 4
    with Store.open(path) as store:
        assert store.models.get(1).sha256 == "x"


def test_every_table_is_strict(path: Path) -> None:
    with Store.open(path, create=True) as store:
        connection = store._connection
        loose = connection.rows(
            "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict"
            " AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlite_%'"
        )
        settings = [connection.rows(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert [row["name"] for row in loose] == []
    assert settings == ["wal", 1, 1]


def test_teacher_calls_and_reviews_wait_for_the_disk(path: Path) -> None:
    with Store.open(path, create=True) as store:
        statements: list[str] = []
        store._connection.raw.set_trace_callback(statements.append)
        store.teacher_calls.reserve("k", "e", "m", {})
        store.teacher_calls.complete("k", {}, 1, 1)
        with pytest.raises(InputError):
            store.demonstrations.set_review(1, "accepted")
        with store.transaction():
            store.teacher_calls.fail("k", "late")
    pragmas = [statement for statement in statements if statement.startswith("PRAGMA")]
    assert pragmas == ["PRAGMA synchronous=FULL", "PRAGMA synchronous=NORMAL"] * 4


def test_full_disk_is_missing_space(path: Path) -> None:
    with Store.open(path, create=True) as store:
        store._connection.execute("PRAGMA max_page_count=80")
        with pytest.raises(MissingError, match="no space"):
            add_samples(store, *(make_sample(f"s{n}") for n in range(5000)))
        assert store.samples.list() == []


@pytest.mark.parametrize(("free", "kind"), [(0, MissingError), (1 << 30, OrcaError)])
def test_input_output_error_on_a_full_disk_is_missing_space(
    path: Path, monkeypatch: pytest.MonkeyPatch, free: int, kind: type[OrcaError]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
    assert type(explain(error, path)) is kind


def test_our_own_mistakes_stay_what_they_are(path: Path) -> None:
    with Store.open(path, create=True) as store, pytest.raises(sqlite3.IntegrityError):
        store.measurements._connection.execute("INSERT INTO events VALUES (1, 1, 'x', '{}', '2026')")
    assert explain(sqlite3.OperationalError("no such table"), path) is None


def test_schema_page_is_up_to_date() -> None:
    assert make_schema.TARGET.read_text(encoding="utf-8") == make_schema.render(), "run scripts/make_schema.py"


def test_a_transaction_that_an_interrupt_left_open_is_taken_back(path: Path) -> None:
    connection = Connection(path)
    connection.execute("create table words (word text)")
    left = connection.transaction(durable=True)
    left.__enter__()  # an interrupt between the block's last statement and the end of the `with` leaves just this
    connection.execute("insert into words values ('half')")
    connection.abandon()
    with connection.transaction():
        connection.execute("insert into words values ('whole')")
        del left
        gc.collect()
    assert [row["word"] for row in connection.rows("select word from words")] == ["whole"]


def test_a_transaction_that_is_left_open_says_nothing_after_the_file_is_closed(path: Path) -> None:
    connection = Connection(path)
    left = connection.transaction(durable=True)
    left.__enter__()
    connection.close()
    del left
    gc.collect()  # what is raised here fails the test
    with closing(Connection(path)) as other, other.transaction():
        other.execute("create table words (word text)")


def test_a_database_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        Store.open_read_only(tmp_path / "nowhere" / "orca.db", InputError("read-only"))
