"""Which runs can be deleted, and what goes with them."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.runs.delete import delete_failed, delete_runs
from orca_local.runs.workspace import Workspace
from orca_local.store.results import EvaluationRow, ExportRow
from orca_local.store.selections import BY_HAND, SelectionRow
from orca_local.store.store import Store
from tests.command import error_of, orca
from tests.store.builders import add_samples, answer_question, ensure_model, make_sample, measure

GONE = 1 << 23
"""A number that no process has."""


def add_run(
    store: Store, stage: str, status: str = "failed", summary: dict[str, Any] | None = None, pid: int = GONE
) -> int:
    run_id = store.runs.start(stage, "{}", {}, pid)
    store.runs.add_event(run_id, "StageStarted", {"stage": stage})
    if summary is not None:
        store.runs.add_event(run_id, "StageFinished", {"stage": stage, "summary": summary})
    if status != "running":
        store.runs.finish(run_id, status)
    return run_id


def choose(store: Store, run_id: int | None, task: str = "sums", by: str = "probe") -> None:
    store.selections.set(SelectionRow(run_id, task, "s", 0.5, 0.1, 0.9, 8, False, "race", 0.05, "", by))


def add_probe(store: Store, key: str, status: str = "done") -> int:
    """One measured answer and, where it came to its end, one choice."""
    run_id = add_run(store, "probe", status, {} if status == "done" else None)
    measure(store, run_id, "a", key)
    if status == "done":
        choose(store, run_id)
    return run_id


def numbers(store: Store) -> list[int]:
    return [run.run_id for run in store.runs.list()]


def count(store: Store, table: str) -> int:
    with sqlite3.connect(store.path) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.fixture
def measured(store: Store) -> Store:
    """A store with one sample to measure."""
    add_samples(store, make_sample("a"))
    return store


def test_a_run_that_left_nothing_goes_with_its_events(workspace: Workspace, store: Store) -> None:
    first, second = add_run(store, "probe"), add_run(store, "train", "interrupted")
    assert delete_runs(store, workspace, [first, first]) == [first]
    assert numbers(store) == [second]
    assert {event.run_id for event in store.runs.events(second)} == {second} and count(store, "events") == 1


def test_a_number_is_never_given_again(workspace: Workspace, store: Store) -> None:
    first, second = add_run(store, "probe"), add_run(store, "probe")
    delete_runs(store, workspace, [second])
    assert add_run(store, "probe") == second + 1
    delete_runs(store, workspace, [first, second + 1])
    with workspace.store() as other:
        assert add_run(other, "probe") == second + 2


@pytest.mark.parametrize("kind", ["call", "training", "file", "evaluation"])
def test_what_later_stages_use_keeps_its_run(workspace: Workspace, measured: Store, kind: str) -> None:
    store, run_id = measured, add_run(measured, "any")
    if kind == "call":
        store.teacher_calls.reserve("k", "e", "m", {})
        store.charges.reserve(run_id, "k", 0.1)
    elif kind == "training":
        store.trainings.start("k", run_id, weights_sha256="w", recipe={}, rows=1, directory="d")
    elif kind == "file":
        store.exports.add(ExportRow(run_id, "tuned", "f", "s", "Q8_0", 1, None, {}))
    else:
        store.evaluations.add(EvaluationRow(run_id, "base", ensure_model(store), "", "sums", 1, 1.0, 0.0, 1.0, 1.0))
    with pytest.raises(
        InputError, match=f"run {run_id} .any. is in use, so it cannot be deleted: 1 .*{kind}"
    ) as caught:
        delete_runs(store, workspace, [run_id])
    assert "always kept" in caught.value.hint
    assert numbers(store) == [run_id] and count(store, "events") == 1


def test_a_probe_goes_when_a_later_one_has_measured_and_chosen(workspace: Workspace, measured: Store) -> None:
    store, first = measured, add_probe(measured, "k1")
    choose(store, None, by=BY_HAND)
    with pytest.raises(InputError, match="1 current choice, 1 measured answer, the newest results"):
        delete_runs(store, workspace, [first])
    stopped = add_probe(store, "k2", "interrupted")
    with pytest.raises(InputError, match=r"cannot be deleted: 1 current choice, the newest results of its stage$"):
        delete_runs(store, workspace, [first])
    with pytest.raises(InputError, match=r"cannot be deleted: 1 measured answer$"):
        delete_runs(store, workspace, [stopped])
    last = add_probe(store, "k3")
    assert delete_runs(store, workspace, [first, stopped]) == [first, stopped]
    assert numbers(store) == [last]
    store.selections.clear_by_hand("sums")
    assert store.selections.current()["sums"].run_id == last
    assert store.generations.get("k1") and store.generations.get("k2"), "answers are kept for ever"
    assert count(store, "measurements") == 1 and count(store, "scores") == 3


def test_a_choice_for_a_task_that_was_not_probed_again_holds(workspace: Workspace, measured: Store) -> None:
    store, first = measured, add_probe(measured, "k1")
    add_samples(store, make_sample("b", task="words"))
    choose(store, first, "words")
    add_probe(store, "k2")
    with pytest.raises(InputError, match=r"cannot be deleted: 1 current choice$"):
        delete_runs(store, workspace, [first])


def test_the_newest_figures_of_a_stage_stay(workspace: Workspace, store: Store) -> None:
    tuned, base = (add_run(store, "export", "done", {"name": name}) for name in ("tuned", "base"))
    for run_id in (tuned, base):
        with pytest.raises(InputError, match="cannot be deleted: the newest results of its stage"):
            delete_runs(store, workspace, [run_id])
    add_run(store, "export", "done", {"name": "tuned"})
    assert delete_runs(store, workspace, [tuned]) == [tuned]


def test_all_are_deleted_or_none(workspace: Workspace, store: Store) -> None:
    failed, running = add_run(store, "probe"), add_run(store, "probe", "running")
    with pytest.raises(InputError, match=f"run {running} .probe. is running") as caught:
        delete_runs(store, workspace, [failed, running])
    assert f"runs cancel {running}" in caught.value.hint
    with pytest.raises(InputError, match="there is no run 99"):
        delete_runs(store, workspace, [failed, 99])
    assert numbers(store) == [running, failed] and count(store, "events") == 2


def test_failed_runs_go_but_for_those_in_use(workspace: Workspace, measured: Store) -> None:
    store = measured
    done = add_run(store, "dataset", "done", {"rows": 1})
    gone = [add_run(store, "train", status) for status in ("failed", "interrupted", "dead")]
    stopped = add_probe(store, "k", "interrupted")
    deleted, kept = delete_failed(store, workspace)
    assert sorted(deleted) == gone
    assert [(run.run_id, "1 measured answer" in run.reason) for run in kept] == [(stopped, True)]
    assert numbers(store) == [stopped, done]


def write_output(workspace: Workspace, store: Store, *run_ids: int) -> tuple[Path, Path]:
    """The output of a detached command, recorded with the first of its runs."""
    workspace.runs_dir.mkdir(exist_ok=True)
    output = workspace.runs_dir / "20260101-probe.log"
    for path in (output, output.with_suffix(".json")):
        path.write_text("said")
    store.runs.record_inputs(run_ids[0], {"output": str(Path("/moved/since/runs") / output.name)})
    return output, output.with_suffix(".json")


def test_output_goes_with_the_last_run_of_its_command(workspace: Workspace, store: Store) -> None:
    first, second = add_run(store, "export"), add_run(store, "probe")
    other = add_run(store, "train", pid=GONE + 1)
    files = write_output(workspace, store, first)
    delete_runs(store, workspace, [first])
    assert all(path.exists() for path in files), "the probe belongs to the same command"
    delete_runs(store, workspace, [second])
    assert not any(path.exists() for path in files)
    assert numbers(store) == [other]


def test_a_command_that_goes_on_keeps_its_runs(workspace: Workspace, store: Store) -> None:
    run_id = store.runs.start("export", "{}", {}, os.getpid())
    store.runs.finish(run_id, "failed")
    files = write_output(workspace, store, run_id)
    with pytest.raises(InputError, match="is over, but its command still runs"):
        delete_runs(store, workspace, [run_id])
    assert all(path.exists() for path in files)


@pytest.mark.parametrize("output", ["..", "/etc/passwd", "orca.db", "../orca.toml", ""])
def test_nothing_but_output_is_removed(workspace: Workspace, store: Store, output: str) -> None:
    run_id = add_run(store, "probe")
    store.runs.record_inputs(run_id, {"output": output})
    before = sorted(workspace.directory.rglob("*"))
    delete_runs(store, workspace, [run_id])
    assert sorted(workspace.directory.rglob("*")) == before


@pytest.mark.slow
def test_the_command_says_what_went_and_what_stays(workspace: Workspace, measured: Store) -> None:
    store, where = measured, workspace.directory
    failed = [add_run(store, "train") for _ in range(3)]
    stopped = add_probe(store, "k", "interrupted")
    one = orca("runs", "delete", str(failed[0]), "--json", cwd=where)
    assert json.loads(one.stdout) == {"deleted": [failed[0]], "kept": []}
    refused = orca("runs", "delete", str(stopped), "--json", cwd=where)
    assert (refused.returncode, "in use" in error_of(refused)["message"]) == (2, True)
    for arguments in ([], ["1", "--failed"]):
        assert "give the runs" in orca("runs", "delete", *arguments, cwd=where).stderr
    rest = orca("runs", "delete", "--failed", cwd=where)
    assert rest.stdout.splitlines() == [
        f"2 runs deleted: {failed[2]}, {failed[1]}",
        f"kept: run {stopped} (probe) is in use, so it cannot be deleted: 1 measured answer",
    ]


def test_answers_to_a_suite_are_in_use_until_a_later_run_has_answered(workspace: Workspace, store: Store) -> None:
    first = add_run(store, "suites")
    answer_question(store, first, "1", "k1")
    answer_question(store, first, "2", "k2")
    with pytest.raises(InputError, match="2 measured answers"):
        delete_runs(store, workspace, [first])
    answer_question(store, add_run(store, "suites"), "1", "k1")
    assert delete_runs(store, workspace, [first]) == [first]
    assert (count(store, "suite_measurements"), count(store, "suite_scores")) == (1, 4)
