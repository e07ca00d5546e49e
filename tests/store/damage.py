"""Damages a database in every way that tests try. Each damage is the same for the same seed."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

PAGE = 4096

Damage = Callable[[Path, random.Random], None]


def truncate(path: Path, rng: random.Random) -> None:
    """Cut the file off anywhere."""
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])


def zero_pages(path: Path, rng: random.Random) -> None:
    """Fill a few pages with zeros."""
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice([1, 2, 5])):
        page = rng.randrange(len(data) // PAGE)
        data[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)
    path.write_bytes(data)


def flip_bytes(path: Path, rng: random.Random) -> None:
    """Write random bytes to random places."""
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice([1, 20, 300])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    path.write_bytes(data)


def garble_range(path: Path, rng: random.Random) -> None:
    """Overwrite one range with random bytes."""
    data = bytearray(path.read_bytes())
    start = rng.randrange(len(data))
    data[start : start + 6000] = rng.randbytes(len(data[start : start + 6000]))
    path.write_bytes(data)


def swap_pages(path: Path, rng: random.Random) -> None:
    """Exchange two pages."""
    data = bytearray(path.read_bytes())
    one, other = (rng.randrange(len(data) // PAGE) * PAGE for _ in range(2))
    data[one : one + PAGE], data[other : other + PAGE] = data[other : other + PAGE], data[one : one + PAGE]
    path.write_bytes(data)


def no_database(path: Path, rng: random.Random) -> None:
    """Another kind of file."""
    path.write_bytes(
        rng.choice([b"tasks and answers\n" * 500, rng.randbytes(9000), b"SQLite format 3\0", b"\0" * 8192])
    )


def garble_schema(path: Path, rng: random.Random) -> None:
    """Write bytes that are not UTF-8 into the names in the schema."""
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice([1, 5, 40])):
        place = data.find(b"CREATE ", rng.randrange(len(data)))
        if place >= 0:
            data[place + rng.randrange(40)] = rng.randrange(128, 256)
    path.write_bytes(data)


def foreign_log(path: Path, rng: random.Random) -> None:
    """A log that belongs to another database."""
    other = path.with_name("other.db")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1);")
        log = other.with_name("other.db-wal").read_bytes()
    other.unlink()
    path.with_name(path.name + "-wal").write_bytes(log if rng.random() < 0.5 else log[: rng.randrange(len(log))])


def change(*statements: str) -> Damage:
    """Run statements without any check, as another program might."""

    def damage(path: Path, rng: random.Random) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute("PRAGMA ignore_check_constraints=ON")
            for statement in statements:
                connection.execute(statement)

    return damage


def retype(table: str, *statements: str) -> Damage:
    """Make a table take any type, then run statements on it."""
    copy = (
        "PRAGMA writable_schema=ON",
        "UPDATE sqlite_master SET sql = replace(replace(sql, ') STRICT,', ') '), ') STRICT', ')')"
        f" WHERE name = '{table}'",
        "PRAGMA writable_schema=RESET",
    )
    return change(*copy, *statements)


def _replace(make: Callable[[Path], object]) -> Damage:
    def damage(path: Path, rng: random.Random) -> None:
        path.unlink()
        make(path)

    return damage


FILES: dict[str, Damage] = {
    "truncated": truncate,
    "zeroed pages": zero_pages,
    "flipped bytes": flip_bytes,
    "garbled range": garble_range,
    "swapped pages": swap_pages,
    "no database": no_database,
    "garbled schema": garble_schema,
    "foreign log": foreign_log,
}
"""Damages that differ with the seed."""

CONTENTS: dict[str, Damage] = {
    "a directory": _replace(Path.mkdir),
    "a pipe": _replace(os.mkfifo),
    "an endless device": _replace(lambda path: path.symlink_to("/dev/zero")),
    "a link to nothing": _replace(lambda path: path.symlink_to("nowhere/at/all.db")),
    "another program's": _replace(lambda path: change("CREATE TABLE songs (name)")(path, random.Random(0))),
    "newer": change("INSERT INTO _sqlite_migrations VALUES (99, 'orca_local', '0099_later', '2030-01-01')"),
    "no list of migrations": change("DROP TABLE _sqlite_migrations"),
    "empty list of migrations": change("DELETE FROM _sqlite_migrations"),
    "gap in the list of migrations": change("DELETE FROM _sqlite_migrations WHERE name LIKE '0003%'"),
    "other list of migrations": change("ALTER TABLE _sqlite_migrations RENAME COLUMN name TO title"),
    "no samples": change("DROP TABLE samples"),
    "no runs": change("DROP TABLE runs"),
    "no scores": change("DROP VIEW probe_matrix", "DROP TABLE scores"),
    "no search": change("DROP TABLE demonstration_texts"),
    "column missing": change("ALTER TABLE runs DROP COLUMN heartbeat_at"),
    "column renamed": change("ALTER TABLE samples RENAME COLUMN answer_json TO answers"),
    "broken JSON": change("UPDATE runs SET settings_json = '{'"),
    "broken answers": change("UPDATE samples SET answer_json = 'yes'"),
    "list instead of object": change("UPDATE runs SET versions_json = '[1, 2]'"),
    "object instead of list": change("UPDATE samples SET labels_json = '{\"a\": 1}'"),
    "broken messages": change('UPDATE samples SET messages_json = \'[{"role": "user"}]\''),
    "numbers instead of texts": change("UPDATE samples SET answer_json = '[1, null, {}]'"),
    "deep JSON": change("UPDATE runs SET inputs_json = '" + "[" * 100_000 + "'"),
    "empty event": change("UPDATE events SET payload_json = '{}'"),
    "wrong event": change("UPDATE events SET payload_json = '[]'"),
    "wrong summary": change(
        "UPDATE events SET payload_json = json_set(payload_json, '$.summary.seconds', 'soon', '$.summary.tasks', 7)"
        " WHERE kind = 'StageFinished'"
    ),
    "wrong gain": change(
        "UPDATE events SET payload_json = json_set(payload_json, '$.summary.gain', json('{\"value\": \"much\"}'))"
        " WHERE kind = 'StageFinished'"
    ),
    "broken request": change("UPDATE teacher_calls SET request_json = '{\"messages\": 3}'"),
    "broken response": change("UPDATE teacher_calls SET response_json = 'text'"),
    "wrong response": change("UPDATE teacher_calls SET response_json = '{\"text\": [1]}'"),
    "wrong training": change("UPDATE trainings SET summary_json = '{\"train_loss\": \"low\"}', recipe_json = '[]'"),
    "wrong export": change("UPDATE exports SET acceptance_json = '{\"checks\": 5}'"),
    "samples without tasks": change("DELETE FROM tasks"),
    "answers without samples": change("DELETE FROM samples"),
    "scores without generations": change("DELETE FROM generations"),
    "results without models": change("DELETE FROM models"),
    "results without runs": change("DELETE FROM runs"),
    "demonstrations without calls": change("DELETE FROM teacher_calls"),
    "unknown split": change("UPDATE samples SET split = 'test'"),
    "unknown kind": change("UPDATE samples SET kind = 'riddle'"),
    "unknown stage": change("UPDATE runs SET stage = 'cook', status = 'raw'"),
    "unknown strategy": change("UPDATE selections SET strategy = 'guess'"),
    "unknown review": change("UPDATE demonstrations SET review = 'later', verdict = 'fine'"),
    "huge tokens": change("UPDATE generations SET completion_tokens = 9223372036854775807, duration_ms = -1"),
    "huge bytes": change("UPDATE exports SET bytes = 9223372036854775807"),
    "huge process": change("UPDATE runs SET pid = 9223372036854775807, status = 'running'"),
    "negative process": change("UPDATE runs SET pid = -1, status = 'running'"),
    "huge costs": change("UPDATE charges SET cost_usd = 1e308"),
    "infinite costs": change("UPDATE charges SET cost_usd = 9e999"),
    "wrong times": change("UPDATE runs SET started_at = 'noon', heartbeat_at = 'noon', status = 'running'"),
    "times without a zone": change("UPDATE runs SET heartbeat_at = '2026-01-01T00:00:00', status = 'running'"),
    "empty texts": change("UPDATE samples SET prompt = '', kind = '', task = ''"),
    "text in integers": retype("generations", "UPDATE generations SET completion_tokens = 'many', prompt_tokens = 'x'"),
    "bytes in texts": retype("samples", "UPDATE samples SET prompt = x'ff00ff', kind = 5"),
    "nothing in texts": retype("runs", "UPDATE runs SET error = x'00', host = 7, pid = 'me', status = 'running'"),
    "text that is not UTF-8": change("UPDATE runs SET error = CAST(x'ff41' AS TEXT), stage = CAST(x'ff41' AS TEXT)"),
    "text in scores": retype("scores", "UPDATE scores SET strict_value = 'good', lenient_value = 'good'"),
    "numbers in answers": retype("demonstrations", "UPDATE demonstrations SET text = 5, verified = 'yes'"),
    "a view in place of a table": change(
        "ALTER TABLE events RENAME TO old_events", "CREATE VIEW events AS SELECT 1 AS run_id, 2 AS seq"
    ),
}
"""Damages that are always the same."""
