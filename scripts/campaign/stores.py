"""Commands on damaged databases: one message, no traceback, and `rescue` saves what is intact."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from scripts.campaign.commands import Commands
from scripts.campaign.scene import Tally, problems_of
from tests.tiny import write_tiny_gguf
from tests.workspaces import make_taught_workspace

PAGE = 4096
COMMANDS = (
    ("tasks", "list"),
    ("probe", "--estimate"),
    ("probe", "--samples", "1"),
    ("teach",),
    ("teach", "--estimate"),
    ("dataset", "list"),
    ("dataset", "build"),
    ("report",),
    ("runs", "list"),
    ("bundle", "write", "out.orca"),
    ("tasks", "add", "tasks.jsonl"),
    ("rescue", "--to", "rescued.db"),
)


def _pages(count: int, seed: int) -> Callable[[Path], None]:
    """Overwrite pages after the first with zeros."""

    def damage(path: Path) -> None:
        numbers = random.Random(seed).sample(range(1, path.stat().st_size // PAGE), count)
        with path.open("r+b") as file:
            for number in numbers:
                file.seek(number * PAGE)
                file.write(bytes(PAGE))

    return damage


def _flips(count: int, seed: int) -> Callable[[Path], None]:
    """Change single bytes anywhere."""

    def damage(path: Path) -> None:
        chance = random.Random(seed)
        data = bytearray(path.read_bytes())
        for _ in range(count):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)

    return damage


def _sql(*statements: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for statement in ("pragma ignore_check_constraints = 1", "pragma foreign_keys = 0", *statements):
                connection.execute(statement)

    return damage


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return damage


def _instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.unlink()
        make(path)

    return damage


DAMAGES: dict[str, Callable[[Path], None]] = {
    "empty": _bytes(lambda data: b""),
    "half": _bytes(lambda data: data[: len(data) // 2]),
    "one page": _bytes(lambda data: data[:PAGE]),
    "no page boundary": _bytes(lambda data: data[:-1000]),
    "text": _bytes(lambda data: b"not a database\n" * 999),
    "random": _bytes(lambda data: data[:16] + random.Random(1).randbytes(len(data) - 16)),
    "a directory": _instead(Path.mkdir),
    **{f"{count} pages of zeros": _pages(count, count) for count in (1, 2, 5, 12)},
    **{f"{count} flipped bits": _flips(count, count) for count in (1, 10, 100, 1_000, 10_000)},
    "another program's file": _instead(lambda path: _sql("create table notes (x)")(path)),
    "a newer version": _sql(
        "insert into _sqlite_migrations (migration_set, name, applied_at) values ('orca_local', '9999', '')"
    ),
    "no samples table": _sql("drop table samples"),
    "no calls table": _sql("drop table teacher_calls"),
    "a column missing": _sql("alter table demonstrations drop column hinted"),
    "broken JSON": _sql("update samples set answer_json = '{[', metadata_json = 'x'"),
    "other JSON": _sql("update samples set answer_json = '{\"a\": [1]}', labels_json = '7'"),
    "deep JSON": _sql("update samples set metadata_json = replace(hex(zeroblob(50000)), '0', '[')"),
    "broken events": _sql("update events set payload_json = 'x', kind = 'y'"),
    "broken settings": _sql("update runs set settings_json = '[]', versions_json = '', inputs_json = 'x'"),
    "broken replies": _sql("update teacher_calls set response_json = '\"\\ud800', request_json = '{'"),
    "huge numbers": _sql("update teacher_calls set prompt_tokens = 9223372036854775807"),
    "dangling rows": _sql("delete from samples where rowid % 2", "delete from models"),
    "odd kinds": _sql("update samples set kind = 'poem', split = 'lunch'"),
    "odd dates": _sql("update runs set started_at = 'noon', heartbeat_at = ''"),
    "blobs": _sql("update generations set completion = cast(x'ff00fe' as text)"),
}


def campaign(limit: int) -> Tally:
    """Run each command on each damaged database, or `limit` commands."""
    tally = Tally("stores")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        good = make_taught_workspace(directory / "good", write_tiny_gguf(directory / "tiny.gguf"))
        with closing(sqlite3.connect(good / "orca.db")) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")
        with Commands(directory / "cache") as commands:
            for damage_name, damage in DAMAGES.items():
                for number, command in enumerate(COMMANDS):
                    if limit and tally.cases >= limit:
                        return tally
                    workspace = directory / f"{len(tally.wrong)}-{number}"
                    shutil.copytree(good, workspace)
                    damage(workspace / "orca.db")
                    tally.add(f"{damage_name}: {' '.join(command)}", _try(commands, workspace, command))
                    shutil.rmtree(workspace)
    return tally


def _try(commands: Commands, workspace: Path, command: tuple[str, ...]) -> Iterator[str]:
    database = workspace / "orca.db"
    before = database.read_bytes() if database.is_file() else b""
    yield from problems_of(commands.run(workspace, *command))
    if command[0] == "rescue" and (database.read_bytes() if database.is_file() else b"") != before:
        yield "the damaged file was changed"
