"""Time `tasks add` of a million rows as CSV, JSON Lines and Parquet: rows a second, processor time and peak memory.

python scripts/bench_import.py [--rows 1000000] [--formats csv,jsonl,parquet] [--mapped]

Half of the answers are numbers, half are words; all prompts differ. With --mapped, the columns have other names than
the keys of the task format.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from orca_local.runs.workspace import Workspace

COLUMNS = ("id", "task", "kind", "prompt", "answer")
MAPPED = ("id", "subject", "form", "question", "target")
WORDS = "apple river stone cloud table garden window bridge candle forest market school doctor engine silver".split()  # noqa: SIM905
TARGET_SECONDS, TARGET_BYTES = 60, 300e6
LIMIT_SECONDS = 600
"""A command that takes longer is killed."""
Row = tuple[str, str, str, str, str]


def main() -> None:
    """Write each file into a temporary directory, add it to a new workspace and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--formats", default="csv,jsonl,parquet")
    parser.add_argument("--mapped", action="store_true")
    arguments = parser.parse_args()
    columns = MAPPED if arguments.mapped else COLUMNS
    pairs = [f"{key}={column}" for key, column in zip(COLUMNS, MAPPED, strict=True)] if arguments.mapped else []
    options = [part for pair in pairs for part in ("--map", pair)]
    for name in arguments.formats.split(","):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / f"rows.{name}"
            WRITERS[name](path, columns, arguments.rows)
            workspace = Workspace.create(Path(directory) / "workspace").directory
            command = ["tasks", "add", str(path), "--json", "-w", str(workspace), *options]
            report(name, arguments.rows, path.stat().st_size, *measure(command))


def iter_rows(count: int) -> Iterator[Row]:
    """Yield rows in the task format, the same ones in every run."""
    chance = random.Random(0)
    for number in range(count):
        first, second = chance.randrange(1, 10**6), chance.randrange(1, 1000)
        task = f"task-{number % 50}"
        if number % 2:
            prompt = f"A shop sells {first} things on day {number} and {second} more on the next. How many are that?"
            yield f"sum-{number}", task, "number", prompt, str(first + second)
        else:
            prompt = f'Which words stand in row {number} of list {first}, "{second}"?\nAnswer with them alone.'
            yield f"words-{number}", f"{task}-words", "exact", prompt, " ".join(chance.sample(WORDS, 2))


def write_csv(path: Path, columns: tuple[str, ...], count: int) -> None:
    """Write the rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns])
        csv.writer(file).writerows(iter_rows(count))


def write_jsonl(path: Path, columns: tuple[str, ...], count: int) -> None:
    """Write the rows as JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in iter_rows(count))


def write_parquet(path: Path, columns: tuple[str, ...], count: int) -> None:
    """Write the rows as Parquet with row groups of 100,000 rows."""
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema([(column, pyarrow.string()) for column in columns])
    with parquet.ParquetWriter(path, schema) as writer:
        every = iter_rows(count)
        while rows := list(islice(every, 100_000)):
            writer.write_table(pyarrow.table(dict(zip(columns, zip(*rows, strict=True), strict=True)), schema))


WRITERS = {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}


def measure(command: list[str]) -> tuple[float, float, int]:
    """Run a command of the program; returns its seconds, its processor seconds and its peak memory in bytes."""
    started = time.perf_counter()
    arguments = [sys.executable, "-m", "orca_local", *command]
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1)]
        pid = os.posix_spawn(sys.executable, arguments, os.environ, file_actions=actions)
    while True:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            break
        if time.perf_counter() - started > LIMIT_SECONDS:
            os.kill(pid, 9)
        time.sleep(0.05)
    if status:
        sys.exit(f"`orca-local {' '.join(command)}` failed")
    unit = 1 if sys.platform == "darwin" else 1024
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit


def report(name: str, rows: int, size: int, seconds: float, processor: float, memory: int) -> None:
    """Print one line for a file."""
    is_within = seconds <= TARGET_SECONDS and memory <= TARGET_BYTES
    verdict = f"  ({'within' if is_within else 'ABOVE'} {TARGET_SECONDS} s and {TARGET_BYTES / 1e6:.0f} MB)"
    print(
        f"{name:8} {size / 1e6:6.0f} MB {rows:10,} rows {seconds:7.1f} s {processor:7.1f} s of processor"
        f" {rows / seconds:8,.0f} rows/s {memory / 1e6:6.0f} MB{verdict if rows >= 1_000_000 else ''}",
        flush=True,
    )


if __name__ == "__main__":
    main()
