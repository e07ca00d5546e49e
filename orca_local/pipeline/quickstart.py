"""Runs every stage once, with the embedded student and the starter tasks."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orca_local.domain.copy_fields import copy_fields
from orca_local.domain.errors import InputError
from orca_local.domain.evaluation_summary import Accuracy, EvaluationSummary, Gain
from orca_local.domain.events import Event, StageFinished
from orca_local.domain.failure_summary import merged
from orca_local.domain.strategies import load_strategies
from orca_local.domain.summaries import QuickstartSummary
from orca_local.pipeline.pipeline import Pipeline
from orca_local.runs.workspace import Workspace
from orca_local.starter.install import install_starter

SETTINGS: dict[str, Any] = {
    "student": {"file": "smollm2-135m-instruct"},
    "teacher": {"kind": "starter"},
    "probe": {"max_tokens": 64, "samples": 16},
    "evaluate": {"max_tokens": 64},
}
"""The settings of a quickstart. The answers of the starter are short, so completions may be too."""


def prepare_quickstart(directory: Path) -> Workspace:
    """The workspace of the quickstart with the tasks and answers of the starter; created if it does not exist.

    Raises `InputError` if `directory` is a workspace with another teacher.
    """
    if not (directory / "orca.toml").exists():
        Workspace.create(directory, settings=SETTINGS)
    workspace = Workspace.open(directory)
    if workspace.settings.teacher.kind != "starter":
        raise InputError(
            f"{directory} is a workspace with another teacher; the quickstart would add its samples to it",
            hint="name another directory: `orca-local quickstart DIR`",
        )
    with workspace.store() as store:
        strategies = load_strategies(workspace.directory / "strategies.toml")
        install_starter(store, strategies, workspace.settings.teacher)
    return workspace


def quickstart(
    directory: Path, *, offline: bool, on_event: Callable[[Event], None]
) -> tuple[QuickstartSummary, EvaluationSummary]:
    """Run every stage in `directory`; an earlier quickstart that was stopped is resumed.

    Returns the object of `quickstart --json` and the summary of the evaluation. Raises `InputError` if `directory` is
    a workspace with another teacher.
    """
    workspace = prepare_quickstart(directory)
    seconds: dict[str, float] = {}
    started = time.monotonic()

    def timed(event: Event) -> None:
        nonlocal started
        if isinstance(event, StageFinished):
            now = time.monotonic()
            seconds[event.stage] = round(seconds.get(event.stage, 0.0) + now - started, 1)
            started = now
        on_event(event)

    with workspace.store() as store:
        pipeline = Pipeline(workspace, store, offline=offline, on_event=timed)
        result = pipeline.run_all()
    evaluation = result.evaluation
    assert evaluation.gain is not None
    models = {model.model: copy_fields(Accuracy, model) for model in evaluation.models}
    summary = QuickstartSummary(
        workspace=str(workspace.directory),
        strategies={task.task: task.strategy for task in result.probe.tasks},
        base=models["base"],
        tuned=models["tuned"],
        gain=copy_fields(Gain, evaluation.gain),
        export=result.export.files[0],
        seconds=seconds,
        failures=merged(result.probe.failures, result.teach.failures, evaluation.failures),
    )
    return summary, evaluation
