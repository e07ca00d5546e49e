"""A workspace that version 0.1.0 made (commit 31f3932) opens, and every command reads it.

`data/workspace_0_1_0.sql` is the dump of its database: two tasks, all stages, and an evaluation that failed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orca_local.cli.app import run
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.strategies import BUILTIN, load_strategies
from orca_local.domain.summaries import DatasetSummary
from orca_local.domain.types import Request, SamplingSettings
from orca_local.generation.generate import generation_key
from orca_local.kinds.prompts import plain_messages, student_messages
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.summaries import last_summary
from orca_local.runs.workspace import DATABASE_FILE, Workspace
from orca_local.store.migrate import applied_steps
from orca_local.store.schema import STEPS
from orca_local.tasks.split import content_hash
from orca_local.views.evaluation import load_evaluation_view
from orca_local.views.export import load_export_view
from orca_local.views.overview import load_overview
from orca_local.views.probe_matrix import load_probe_matrix, load_sample_results
from orca_local.views.teach_progress import load_teach_progress
from orca_local.views.training import load_training_view

DUMP = Path(__file__).parent / "data" / "workspace_0_1_0.sql"
SETTINGS: dict[str, dict[str, Any]] = {
    "engine": {"capacity": 4, "context": 256, "threads": 1},
    "probe": {"method": "exhaustive", "samples": 2, "max_tokens": 4},
    "teacher": {"kind": "file"},
}

Read = Callable[..., Any]


@pytest.fixture
def directory(tmp_path: Path, tiny_gguf: Path) -> Path:
    """The workspace, restored. Its model files do not exist."""
    workspace = Workspace.create(tmp_path / "ws", str(tiny_gguf), SETTINGS)
    with closing(sqlite3.connect(workspace.directory / DATABASE_FILE)) as database:
        database.executescript(DUMP.read_text(encoding="utf-8"))
    return workspace.directory


@pytest.fixture
def read(directory: Path, capsys: pytest.CaptureFixture[str]) -> Read:
    """Run a command in the workspace; returns its JSON object, or its text with `text=True`."""

    def command(*arguments: str, text: bool = False) -> Any:
        code = run([*arguments, *([] if text else ["--json"]), "-w", str(directory)])
        captured = capsys.readouterr()
        assert code == 0, captured.err
        return captured.out if text else json.loads(captured.out)

    return command


def test_the_dump_names_nothing_of_the_machine_that_wrote_it() -> None:
    text = DUMP.read_text(encoding="utf-8")
    assert len(text) < 200_000 and "/tmp/" not in text and "/root" not in text
    assert "0005_batches" in text and "0006" not in text


def test_it_is_migrated_and_the_run_that_made_the_base_is_no_export(directory: Path, read: Read) -> None:
    runs = read("runs", "list")["runs"]
    assert [run["stage"] for run in reversed(runs)] == [
        "base",
        "probe",
        "teach",
        "dataset",
        "train",
        "export",
        "export",
        "evaluate",
        "evaluate",
    ]
    assert [run["status"] for run in runs] == ["failed", *["done"] * 8]
    with Workspace.open(directory).store() as store:
        assert applied_steps(store._connection) == [name for name, _ in STEPS]


def test_old_scores_are_version_1_and_have_two_equal_readings(directory: Path) -> None:
    with closing(sqlite3.connect(directory / DATABASE_FILE)) as database:
        before = database.execute("SELECT generation_key, sample_id, extracted, value FROM scores").fetchall()
    assert before
    with Workspace.open(directory).store() as store:
        rows = store._connection.rows("SELECT * FROM scores")
        assert {row["scorer_version"] for row in rows} == {1}
        for reading in ("strict", "lenient"):
            names = ("generation_key", "sample_id", f"{reading}_extracted", f"{reading}_value")
            assert sorted(tuple(row[name] for name in names) for row in rows) == sorted(before)
        measured = store.measurements.rows()
        assert {(row.strategy == "", row.asks_form) for row in measured} == {(True, False), (False, True)}
        verdicts = store._connection.rows("SELECT DISTINCT verified, verdict, scorer_version FROM demonstrations")
        assert {tuple(row) for row in verdicts} <= {(1, "equal", 1), (0, "different", 1), (None, "unchecked", 1)}
        assert {row.scorer_version for row in store.selections.current().values()} == {1}


def test_what_is_stored_stays_what_a_sample_without_messages_is_asked(directory: Path, tiny_gguf: Path) -> None:
    """So no generation is made again, and no teacher is asked twice."""
    strategies = load_strategies(None)
    with Workspace.open(directory).store() as store, closing(PromptRenderer(tiny_gguf)) as renderer:
        samples = {sample.id: sample for sample in store.samples.list()}
        stored = store.samples.content_hashes(list(samples))
        assert {name: content_hash(sample) for name, sample in samples.items()} == stored
        measured = store.measurements.rows()
        assert {row.strategy for row in measured} > {"step_by_step", ""}
        for row in measured:
            sample, found = samples[row.sample_id], store.generations.get(row.generation_key)
            asked = plain_messages(sample, row.system_message)
            if row.strategy:
                asked = student_messages(sample, strategies[row.strategy])
            assert found is not None and asked[0].content == row.system_message
            assert renderer.template.render(asked, add_generation_prompt=True) == found.prompt
            request = Request("", asked, renderer.prompt_ids(asked), SamplingSettings())
            assert generation_key(found.config, request) == row.generation_key


def test_tasks_and_runs_are_read(read: Read) -> None:
    tasks = read("tasks", "list")["tasks"]
    assert [(task["task"], task["probe"], task["train"], task["holdout"]) for task in tasks] == [
        ("letters", 2, 22, 3),
        ("sums", 2, 22, 3),
    ]
    assert "What is 0 in probe of sums?" in json.dumps(read("tasks", "show", "sums"))
    for number in range(1, 10):
        shown = read("runs", "show", str(number))
        assert shown["run_id"] == number
    assert "the file is gone" in json.dumps(read("runs", "show", "9"))
    assert "base" in read("runs", "list", text=True)


def test_answers_are_listed_searched_and_previewed(read: Read) -> None:
    assert len(read("dataset", "list")["answers"]) == 44
    assert len(read("dataset", "list", "--search", "hello", "--task", "letters")["answers"]) == 22
    assert read("dataset", "list", "--statistics")
    shown = read("dataset", "show", "1")
    assert "as anybody can see" in json.dumps(shown) or "hello" in json.dumps(shown)


def test_what_was_measured_is_estimated_from_and_reported(read: Read) -> None:
    assert read("probe", "--estimate")
    assert read("teach", "--estimate")
    report = read("report", text=True)
    assert "| sums |" in report and "base" in report and "tuned" in report


def test_stages_find_what_they_did(read: Read) -> None:
    """A dataset of the older answers, and a teach run that asks nothing again."""
    assert read("dataset", "build")["rows"] == 44
    assert read("teach")["calls"] == {"new": 0, "cached": 44, "failed": 0}


def test_it_is_bundled_and_the_bundle_is_read(read: Read, tmp_path: Path) -> None:
    written = read("bundle", "write", str(tmp_path / "a.bundle"))
    assert written["rows"]["samples"] == 54
    assert run(["bundle", "read", str(tmp_path / "a.bundle"), str(tmp_path / "copy")]) == 0
    with Workspace.open(tmp_path / "copy").store() as store:
        assert len(store.samples.list()) == 54 and store.runs.get(1).stage == "base"


def test_every_view_is_filled(directory: Path) -> None:
    with Workspace.open(directory).store() as store:
        stages = {stage.name: stage for stage in load_overview(store)}
        assert {name: stage.state for name, stage in stages.items()} == {
            "tasks": "done",
            "probe": "done",
            "teach": "done",
            "dataset": "done",
            "train": "done",
            "export": "done",
            "evaluate": "failed",
        }
        assert all(stage.figure for stage in stages.values())
        view = load_export_view(store)
        assert view.run is not None and view.run.run_id == 7 and view.is_adapter and not view.is_base
        assert view.steps and view.recommended in ("Q8_0", "F16")
        evaluation = load_evaluation_view(store)
        assert evaluation.failed is not None and evaluation.failed.message == "the file is gone"
        assert evaluation.summary is not None
        assert [model.model for model in evaluation.summary.models] == ["base", "tuned"]
        assert evaluation.summary.prompted is None
        matrix = load_probe_matrix(store, list(load_strategies(None)))
        assert matrix is not None and matrix.strategies == tuple(s.name for s in BUILTIN[:6]), "plain was not measured"
        assert matrix.rows[0].task == "sums"
        assert len(load_sample_results(store, matrix.run.run_id, "sums", matrix.strategies[0])) == 2
        assert load_teach_progress(store, TeacherSettings(kind="file")).new == 44
        summary = last_summary(store, "dataset", DatasetSummary)
        assert summary is not None and summary.rows == 44
        training = load_training_view(store)
        assert [step for step, _ in training.loss] == [1, 2] and training.adapter is not None
