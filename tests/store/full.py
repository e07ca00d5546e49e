"""A workspace with rows in every table, as the stages store them."""

from __future__ import annotations

from pathlib import Path

from orca_local.runs.workspace import Workspace
from tests.store.builders import answer_question
from tests.tui.stored_runs import (
    add_evaluated,
    add_training,
    evaluation_summary,
    finish_evaluation,
    finish_export,
    finish_suites,
    finish_training,
    start_export,
)
from tests.workspaces import copy_workspace


def make_full(taught: Path, directory: Path) -> Path:
    """A copy of a taught workspace, with a training, an export, an evaluation and answers to a suite."""
    workspace = Workspace.open(copy_workspace(taught, directory))
    with workspace.store() as store:
        run_id, training_id = add_training(store, workspace)
        finish_training(store, workspace, run_id, training_id, 105)
        finish_export(store, workspace, start_export(store, workspace))
        tasks = [count.task for count in store.samples.tasks()]
        run_id = finish_evaluation(store, workspace, evaluation_summary(tasks))
        for model in ("base", "tuned"):
            add_evaluated(store, run_id, model, tasks)
        run_id = finish_suites(store, workspace)
        for model in ("base", "tuned"):
            for number in range(3):
                answer_question(store, run_id, f"q{number}", f"{model}-{number}", model=model)
    return directory
