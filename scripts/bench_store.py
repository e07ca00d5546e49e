"""Time a workspace with 1,500 tasks and 300,000 generations: opening, listing, writing, the probe matrix.

python scripts/bench_store.py [--tasks 1500] [--generations 300000]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice, product
from pathlib import Path
from typing import TypeVar

from orca_local.domain.strategies import BUILTIN
from orca_local.domain.types import Completion, Sample
from orca_local.kinds.scoring import Score, ScoredAnswer
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store

T = TypeVar("T")
SPLITS = ("probe",) * 34 + ("train",) * 56 + ("holdout",) * 22
TARGET_SECONDS = 0.5


def main() -> None:
    """Build the workspace in a temporary directory and print the time of each operation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1500)
    parser.add_argument("--generations", type=int, default=300_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        workspace = Workspace.create(Path(directory) / "workspace")
        with workspace.store() as store:
            samples = _timed("samples added", lambda: _add_samples(store, arguments.tasks))
            model_id, run_id = _ensure_run(store)
            _timed(
                "generations added", lambda: _add_generations(store, samples, arguments.generations, model_id, run_id)
            )
            per_commit = _commit_seconds(store, samples[0], model_id, run_id)
        sys.stdout.write(f"{'one generation, committed':40} {per_commit * 1000:8.2f} ms\n")
        size = sum(path.stat().st_size for path in workspace.directory.glob("orca.db*"))
        sys.stdout.write(f"{'database':40} {size / 1e6:8.0f} MB\n")
        with workspace.store() as store:
            _timed("all latest measurements of the probe", lambda: store.measurements.rows(split="probe"))
        command = [sys.executable, "-m", "orca_local", "tasks", "list", "--json", "-w", str(workspace.directory)]
        seconds = min(_process_seconds(command) for _ in range(5))
        verdict = "within" if seconds <= TARGET_SECONDS else "ABOVE"
        sys.stdout.write(
            f"{'`tasks list`, whole process, best of 5':40} {seconds:8.3f} s  ({verdict} {TARGET_SECONDS} s)\n"
        )


def _add_samples(store: Store, tasks: int) -> list[Sample]:
    samples = [
        Sample(f"t{task:04}-{n:03}", f"task {task:04}", "number", f"{'What is it? ' * 20}{task} {n}", (str(n),), split)
        for task in range(tasks)
        for n, split in enumerate(SPLITS)
    ]
    store.samples.add([(sample, sample.id) for sample in samples], source="bench")
    return [sample for sample in samples if sample.split == "probe"]


def _ensure_run(store: Store) -> tuple[int, int]:
    return store.models.ensure("student.gguf", "0" * 64, "llama", "Q8_0", 1), store.runs.start("probe", "{}", {})


def _add_generations(store: Store, samples: list[Sample], count: int, model_id: int, run_id: int) -> None:
    pairs = list(islice(product(BUILTIN, samples), count))
    for start in range(0, len(pairs), 5000):
        with store.transaction():
            for number, (strategy, sample) in enumerate(pairs[start : start + 5000], start):
                key = f"{number:064}"
                completion = Completion(key, "It is so. " * 20 + "Answer: 1", "stop", 90, 60, 900)
                store.generations.record(key, f"{strategy.student}\n{sample.prompt}", completion, {"max_tokens": 256})
                score = Score(ScoredAnswer("1", float(number % 2)), ScoredAnswer("1", float(number % 2)), "number")
                store.measurements.add(run_id, sample.id, strategy.name, model_id, strategy.student, 0, key, score)


def _commit_seconds(store: Store, sample: Sample, model_id: int, run_id: int, count: int = 200) -> float:
    """Time to store one generation, if each is on the disk before the next."""
    started = time.perf_counter()
    for number in range(count):
        with store.transaction(durable=False):
            key = f"single {number}"
            store.generations.record(key, sample.prompt, Completion(key, "1", "stop", 1, 1, 1), {})
            score = Score(ScoredAnswer("1", 1.0), ScoredAnswer("1", 1.0), "number")
            store.measurements.add(run_id, sample.id, "none", model_id, "", number, key, score)
    return (time.perf_counter() - started) / count


def _process_seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def _timed(what: str, work: Callable[[], T]) -> T:
    started = time.perf_counter()
    result = work()
    sys.stdout.write(f"{what:40} {time.perf_counter() - started:8.2f} s\n")
    sys.stdout.flush()
    return result


if __name__ == "__main__":
    main()
