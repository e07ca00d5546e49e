"""Creates workspaces with answers, as the stages write them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orca_local.domain.strategies import BUILTIN
from orca_local.domain.types import Message, Sample
from orca_local.kinds.scoring import SCORER_VERSION
from orca_local.kinds.verdict import Verdict
from orca_local.runs.workspace import Workspace
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.store.selections import SelectionRow
from orca_local.store.store import Store

STEPS = next(strategy for strategy in BUILTIN if strategy.name == "step_by_step")
TASKS = ("halves", "sums")


def make_answers(
    directory: Path, student: Path, count: int, *, answered: int | None = None, **teacher: Any
) -> Workspace:
    """Create `count` samples of two tasks, and answers to the first `answered` of them (or all).

    Every fifth answer is wrong; the first one repeats its instruction.
    """
    settings = {"student": {"file": str(student)}, "teacher": {"kind": "file", **teacher}}
    workspace = Workspace.create(directory, settings=settings)
    with workspace.store() as store:
        samples = [_sample(number) for number in range(count)]
        store.samples.add([(sample, sample.id) for sample in samples], "test")
        store.strategies.ensure(STEPS)
        for task in sorted({sample.task for sample in samples}):
            store.selections.set(
                SelectionRow(None, task, STEPS.name, 0.5, 0.1, 0.9, 8, False, "race", 0.05, "because", "test")
            )
        with store.transaction(durable=False):
            for number, sample in enumerate(samples[:answered]):
                add_answer(store, sample, _text(number), verified=number % 5 > 0)
    return workspace


def add_answer(store: Store, sample: Sample, text: str, *, verified: bool | None) -> None:
    """Store an answered call and its demonstration."""
    key = f"call-{sample.id}"
    request = {"messages": [Message("user", sample.prompt).to_dict()]}
    store.teacher_calls.reserve(key, "file", "rationale", request)
    store.teacher_calls.complete(key, {"text": text}, 20, 10)
    verdict = {True: Verdict.EQUAL, False: Verdict.DIFFERENT, None: Verdict.UNCHECKED}[verified]
    row = DemonstrationRow(
        sample.id, STEPS.name, key, 0, text, verified, verdict=verdict, scorer_version=SCORER_VERSION
    )
    store.demonstrations.upsert(row)


def add_run(
    workspace: Workspace, stage: str, events: Sequence[tuple[str, dict[str, Any]]], status: str = "running"
) -> int:
    """Store a run of this process with these events, dated long ago."""
    with workspace.store() as store:
        run_id = store.runs.start(stage, "{}", {})
        for kind, payload in events:
            store.runs.add_event(run_id, kind, payload)
        if status != "running":
            store.runs.finish(run_id, status)
        path = store.path
    connection = sqlite3.connect(path)
    started, later = "2026-01-01T12:00:00.000+00:00", "2026-01-01T12:02:00.000+00:00"
    connection.execute("UPDATE runs SET started_at = ? WHERE id = ?", [started, run_id])
    connection.execute("UPDATE runs SET finished_at = ? WHERE id = ? AND status != 'running'", [later, run_id])
    connection.execute("UPDATE events SET created_at = ? WHERE run_id = ?", [later, run_id])
    connection.execute("UPDATE events SET created_at = ? WHERE run_id = ? AND seq = 1", [started, run_id])
    connection.commit()
    connection.close()
    return run_id


def _sample(number: int) -> Sample:
    task = TASKS[number % 2]
    if task == "sums":
        return Sample(f"n{number:04}", task, "number", f"What is {number} + {number}?", (str(2 * number),), "train")
    return Sample(f"n{number:04}", task, "number", f"What is half of {number}?", (str(number // 2),), "train")


def _text(number: int) -> str:
    if number == 0:
        return f"{STEPS.teacher}\nAnswer: 1"
    value = number // 2 if number % 2 == 0 else 2 * number
    animal = ("whale", "otter", "heron")[number % 3]
    return f"Counting like a {animal} gives {value}.\nAnswer: {value + (number % 5 == 0)}"
