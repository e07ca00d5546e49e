"""Bad input of every kind: each is one message and an exit code, and changes nothing."""

from __future__ import annotations

import importlib
import json
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from orca_local.cli.app import COMMANDS
from orca_local.domain.settings import Settings
from scripts.campaign.commands import Commands
from scripts.campaign.scene import Tally, problems_of, query
from tests.tiny import write_tiny_gguf
from tests.workspaces import make_taught_workspace

CELLS: tuple[Any, ...] = (
    *(None, True, 0, -1, 7.5, 1e308, "", " ", "\u200b", "\0", "\ud800", "\x1b[2J", "a" * 100_000, [], [[]], [None], {}),
    *({"a": 1}, [["a", ["b"]]], "NaN", "1e400", "../../etc/passwd", "number", ["A", "a"], "Answer:", "Answer: N"),
)
"""Values for a field of a task file."""
VALUES = (
    "",
    "-1",
    "0.5",
    "nan",
    "1e300",
    "9" * 5_000,
    "\udcff",
    "a\nb",
    "/dev/zero",
    "no-such",
    "../" * 2_000,
    "--",
    "\0",
)
"""Values for an option."""
TOML = (
    "-1",
    "0",
    "1e300",
    "nan",
    "9" * 5_000,
    '""',
    '"\\u0000"',
    "[]",
    "{}",
    "true",
    '"no such"',
    "1979-05-27",
    "[[[]]]",
    "'\x07'",
)
"""Values for a setting."""
LONG_RUNNING = {"quickstart", "serve", "tui", "chat", "run"}
FILES = 100
"""Damaged model files and as many bundles."""


def campaign(limit: int) -> Tally:
    """Try all inputs, or `limit` of each family."""
    tally = Tally("inputs")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        good = make_taught_workspace(directory / "good", write_tiny_gguf(directory / "tiny.gguf"))
        with Commands(directory / "cache") as commands:
            for family in (_task_files, _options, _settings, _models, _bundles):
                for number, (case, cwd, arguments) in enumerate(family(directory, good)):
                    if limit and number >= limit:
                        break
                    tally.add(f"{case}: {' '.join(arguments)[:80]!r}", _try(commands, good, cwd, arguments))
    return tally


Case = tuple[str, Path, tuple[str, ...]]


def _try(commands: Commands, good: Path, cwd: Path, arguments: tuple[str, ...]) -> Iterator[str]:
    before = _rows(good)
    result = commands.run(cwd, *arguments)
    yield from problems_of(result)
    if result.code and _rows(good) != before:
        yield "the command failed and changed the workspace"
        # Later cases are compared with this state.


def _rows(workspace: Path) -> list[tuple[object, ...]]:
    return query(
        workspace,
        "select (select count(*) from samples), (select count(*) from tasks), (select count(*) from demonstrations), "
        "(select count(*) from teacher_calls), (select group_concat(review) from demonstrations)",
    )


def _task_files(directory: Path, good: Path) -> Iterator[Case]:
    """One field of one line is odd; or the file is."""
    base = {"id": "n1", "task": "new", "kind": "number", "prompt": "What is 1?", "answer": "1"}
    kinds = ("number", "multiple_choice", "exact", "boolean", "span")
    for field in ("id", "task", "kind", "prompt", "answer", "labels", "split", "rationale", "messages"):
        for number, cell in enumerate(CELLS):
            line = {**base, "id": f"{field}{number}", "kind": kinds[number % len(kinds)], field: cell}
            yield (
                f"{field} {cell!r:.30}",
                good,
                ("tasks", "add", _file(directory, f"{field}{number}", json.dumps(line))),
            )
    row = json.dumps(base)
    texts: dict[str, bytes] = {
        "UTF-16": row.encode("utf-16"),
        "a byte order mark in the middle": (row + "\n\ufeff" + row).encode(),
        "invalid UTF-8": row.encode() + b"\xff\xfe",
        "NUL bytes": row.encode() + bytes(1_000),
        "deep": b"[" * 200_000,
        "a comma behind the last key": row[:-1].encode() + b",}",
        "single quotes": str(base).encode(),
        "two rows in a line": (row + row).encode(),
        "half a row": row[:30].encode(),
        "5,000 digits": row.replace('"1"}', "9" * 5_000 + "}").encode(),
        "NaN": row.replace('"1"}', "NaN}").encode(),
        "a key twice": (row[:-1] + ', "id": "other"}').encode(),
        "blank lines": b"\n \n\t\n" * 99,
        "a line of 50 MB": row.encode() + b" " * 50_000_000 + b"x",
    }
    for name, data in texts.items():
        path = directory / f"text-{len(name)}-{name[:5]}.jsonl"
        path.write_bytes(data)
        yield name, good, ("tasks", "add", str(path))
    (directory / "a-directory").mkdir()
    os.mkfifo(directory / "a-pipe")
    for name in ("a-directory", "a-pipe", "no-such-file", "x" * 300, "/dev/zero", "/dev/full", "/proc/self/mem", ""):
        yield f"path {name[:20]!r}", good, ("tasks", "add", str(directory / name) if name else "")


def _file(directory: Path, name: str, text: str) -> str:
    path = directory / f"task-{name}.jsonl"
    path.write_text(text + "\n", errors="surrogatepass")
    return str(path)


def _options(directory: Path, good: Path) -> Iterator[Case]:
    """A bad value for each option and argument of each command."""
    for name in COMMANDS:
        if name in LONG_RUNNING:
            continue
        command = importlib.import_module(f"orca_local.cli.{name}").command
        parts: dict[tuple[str, ...], click.Command] = {
            (name, sub): c for sub, c in getattr(command, "commands", {}).items()
        }
        for words, part in (parts or {(name,): command}).items():
            for option in part.params:
                if (isinstance(option, click.Option) and option.is_flag) or option.name == "workspace":
                    continue
                for value in VALUES:
                    given = (option.opts[-1], value) if isinstance(option, click.Option) else (value,)
                    yield f"{' '.join(words)} {option.name}", good, (*words, *given)


def _settings(directory: Path, good: Path) -> Iterator[Case]:
    """A bad value for each setting."""
    original = (good / "orca.toml").read_text()
    for section, field in Settings.model_fields.items():
        model = field.annotation
        if not isinstance(model, type) or not issubclass(model, BaseModel):
            continue
        for key in model.model_fields:
            workspace = directory / f"settings-{section}-{key}"
            shutil.copytree(good, workspace)
            for value in TOML:
                others = [line for line in original.splitlines() if not line.startswith(f"{key} =")]
                text = "\n".join(others).replace(f"[{section}]", f"[{section}]\n{key} = {value}")
                if f"[{section}]" not in original:
                    text += f"\n[{section}]\n{key} = {value}\n"
                (workspace / "orca.toml").write_text(text)
                yield f"{section}.{key} = {value[:20]}", workspace, ("dataset", "build")
            shutil.rmtree(workspace)


def _models(directory: Path, good: Path) -> Iterator[Case]:
    """A model file with changed bytes in its header, or cut off."""
    data = (directory / "tiny.gguf").read_bytes()
    yield from _damaged(directory, data, 60_000, "gguf", good, ("models", "inspect"))


def _bundles(directory: Path, good: Path) -> Iterator[Case]:
    """A bundle with changed bytes, or cut off."""
    from orca_local.cli.app import run

    path = directory / "good.orca"
    if run(["bundle", "write", "-w", str(good), "-q", str(path)]):
        raise SystemExit("the bundle cannot be written")
    for case, cwd, arguments in _damaged(directory, path.read_bytes(), 1 << 40, "orca", good, ("bundle", "read")):
        target = directory / "restored"
        shutil.rmtree(target, ignore_errors=True)
        yield case, cwd, (*arguments, str(target))


def _damaged(
    directory: Path, data: bytes, head: int, suffix: str, good: Path, command: tuple[str, ...]
) -> Iterator[Case]:
    for seed in range(FILES):
        chance = random.Random(seed)
        changed = bytearray(data if seed % 4 else data[: chance.randrange(len(data))])
        for _ in range(seed % 7 + 1 if changed else 0):
            place = chance.randrange(min(head, len(changed)))
            changed[place] = chance.choice((0, 255, changed[place] ^ 1, 127))
        path = directory / f"damaged.{suffix}"
        path.write_bytes(changed)
        yield f"{suffix} damaged by seed {seed}", good, (*command, str(path))
