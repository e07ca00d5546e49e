"""A workspace of the size of Orca 2's data: 1,500 tasks with 200 answers each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from orca_local.domain.types import Sample
from orca_local.kinds.scoring import SCORER_VERSION
from orca_local.runs.workspace import Workspace
from orca_local.store.encoding import utc_now
from orca_local.store.selections import SelectionRow
from orca_local.tasks.split import content_hash

STRATEGIES = (
    "direct_answer",
    "step_by_step",
    "recall_then_generate",
    "recall_reason_generate",
    "extract_generate",
    "explain_then_answer",
)


def make_big(directory: Path, student: Path, tasks: int = 1500, answers: int = 300_000) -> Workspace:
    """Tasks, samples, and a finished probe with `answers` measured generations over all strategies.

    The samples and the run are written by the store; the many answers are inserted into its tables directly.
    """
    workspace = Workspace.create(directory, student=str(student))
    samples = answers // (tasks * len(STRATEGIES))
    with workspace.store() as store:
        rows = [
            Sample(f"t{t}-{i}", f"task-{t:04}", "number", f"What is {t} plus {i}?", (str(t + i),), "probe")
            for t in range(tasks)
            for i in range(samples + 1)
        ]
        store.samples.add([(sample, content_hash(sample)) for sample in rows], "made")
        run_id = store.runs.start("probe", "{}", {})
        model_id = store.models.ensure(str(student), "0" * 64, "llama", "Q8_0", 1000)
        store.runs.add_event(run_id, "StageStarted", {"stage": "probe", "total": answers, "unit": "generations"})
        store.runs.finish(run_id, "done")
        path = store.path
        with store.transaction():
            for t in range(tasks):
                best = STRATEGIES[t % len(STRATEGIES)]
                choice = SelectionRow(
                    *(run_id, f"task-{t:04}", best, 0.5, 0.4, 0.6, samples, bool(t % 3), "race", 0.05, "best", "probe"),
                    scorer_version=SCORER_VERSION,
                )
                store.selections.set(choice)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO system_messages (id, text) VALUES (1, 'Think.')")
        generations = list(_answers(tasks, samples))
        now = utc_now()
        connection.executemany(
            "INSERT INTO generations VALUES (?, 'a prompt', 'The answer is 4.', 40, ?, 'stop', 10, '{}', ?)",
            ((key, 20 + value, now) for key, _, _, value in generations),
        )
        connection.executemany(
            "INSERT INTO measurements (run_id, sample_id, strategy, model_id, system_message_id, sample_index,"
            " generation_key, created_at) VALUES (?, ?, ?, ?, 1, 0, ?, ?)",
            ((run_id, sample, strategy, model_id, key, now) for key, sample, strategy, _ in generations),
        )
        connection.executemany(
            "INSERT INTO scores VALUES (?, ?, ?, '4', ?, '4', ?, 'number')",
            ((key, sample, SCORER_VERSION, value, value) for key, sample, _, value in generations),
        )
    return workspace


def _answers(tasks: int, samples: int) -> Iterator[tuple[str, str, str, int]]:
    """Yield key, sample, strategy and score of each answer."""
    for t in range(tasks):
        for s, strategy in enumerate(STRATEGIES):
            for i in range(samples):
                yield f"{t}-{s}-{i}", f"t{t}-{i}", strategy, int((7 * t + 3 * s + i) % 5 < 1 + s % 4)
