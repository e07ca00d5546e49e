"""`orca-local judge`, with a scripted judge."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from orca_local.cli.judge import grade_here
from orca_local.judge.check import StoredAnswer, read_user_grades
from orca_local.runs.workspace import Workspace
from orca_local.tasks.split import content_hash
from tests.command import orca_here
from tests.judge.scene import letters, polite
from tests.openai_server import OpenAIServer

KEY = "sk-judge-0123456789abcdef"
GRADES = [
    {"prompt": "Write.", "answer": "Dear Ann", "grade": 5},
    {"prompt": "Write.", "answer": "Hey", "grade": 1},
    {"prompt": "Write.", "answer": "Dear Bob", "grade": 4},
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory that is the current one, with a file of grades."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUDGE_KEY", KEY)
    (tmp_path / "grades.jsonl").write_text("".join(json.dumps(one) + "\n" for one in GRADES), encoding="utf-8")
    return tmp_path


def workspace(here: Path, url: str, **settings: object) -> Workspace:
    judge = {"kind": "openai", "base_url": url, "model": "scripted", "key_env": "JUDGE_KEY", **settings}
    return Workspace.create(here / "ws", settings={"judge": judge})


def test_a_judge_is_checked_and_the_result_stays(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with OpenAIServer(polite) as server:
        workspace(here, server.url)
        code, found, err = orca_here(capsys, "judge", "check", "grades.jsonl", "-w", "ws")
        assert code == 0
        assert [(one["user"], one["judge"]) for one in found["answers"]] == [(5, 5), (1, 2), (4, 5)]
        assert found["agreement"]["exact"] == pytest.approx(1 / 3) and found["agreement"]["within_one"] == 1
        assert found["judge"] == f"scripted at {server.url}"
        assert all(key == f"Bearer {KEY}" for key in server.keys)
        again = orca_here(capsys, "judge", "check", "grades.jsonl", "-w", "ws")[1]
        assert again["agreement"] == found["agreement"] and len(server.requests) == 3
    assert KEY not in err + json.dumps(found)
    assert not any(KEY.encode() in path.read_bytes() for path in (here / "ws").rglob("*") if path.is_file())


def test_without_a_judge_the_remedy_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Workspace.create(here / "ws")
    for command in (("check", "grades.jsonl"), ("estimate",)):
        code, found, _ = orca_here(capsys, "judge", *command, "-w", "ws")
        assert code == 2 and found["error"]["message"] == "no judge is set"
        assert "under [judge] in orca.toml" in found["error"]["hint"]


def test_without_a_terminal_a_file_is_needed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace(here, "http://127.0.0.1:9/v1")
    code, found, _ = orca_here(capsys, "judge", "check", "-w", "ws")
    assert code == 2 and "name a FILE" in found["error"]["message"]


def test_the_cost_is_shown_before_anything_is_asked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with OpenAIServer(polite) as server:
        made = workspace(here, server.url, input_price=1.0, output_price=2.0)
        with made.store() as store:
            store.samples.add([(sample, content_hash(sample)) for sample in letters(3)], "test")
            held_out = [replace(sample, id=f"held-{sample.id}", split="holdout") for sample in letters(2)]
            store.samples.add([(sample, f"held-{content_hash(sample)}") for sample in held_out], "test")
        code, found, _ = orca_here(capsys, "judge", "estimate", "-w", "ws")
        assert code == 0 and found["evaluate"]["answers"] == 2 * 2 + 2 * 2
        assert found["probe"]["answers"] == 3 * 7 and 0 < found["probe"]["usd"] < found["probe"]["at_most_usd"]
        code, found, _ = orca_here(capsys, "probe", "--estimate", "-w", "ws")
        assert code == 0 and found["judge"]["answers"] == 3 * 7
        code, found, _ = orca_here(capsys, "evaluate", "--split", "--estimate", "-w", "ws")
        assert code == 0 and found["judge"]["answers"] == 2 * 4 + 2 * 2  # and a pair in both orders
        assert not server.requests


@pytest.mark.parametrize(
    ("tasks", "message"),
    [(["essays"], "judge.tasks names 'essays', and there is no such task"), (["sums"], "whose kind is number")],
)
def test_tasks_that_cannot_be_graded_are_named(
    here: Path, capsys: pytest.CaptureFixture[str], tasks: list[str], message: str
) -> None:
    workspace(here, "http://127.0.0.1:9/v1", tasks=tasks)
    line = {"task": "sums", "kind": "number", "prompt": "1 + 1?", "answer": 2, "split": "probe"}
    (here / "sums.jsonl").write_text(json.dumps(line), encoding="utf-8")
    assert orca_here(capsys, "tasks", "add", "sums.jsonl", "-w", "ws")[0] == 0
    code, found, _ = orca_here(capsys, "judge", "estimate", "-w", "ws")
    assert code == 2 and message in found["error"]["message"]


def test_judged_tasks_need_no_answer_and_keep_their_rubric(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Workspace.create(here / "ws")
    line = {"task": "notes", "kind": "judged", "prompt": "Write a note.", "split": "probe", "rubric": "5: short"}
    (here / "notes.jsonl").write_text(json.dumps(line), encoding="utf-8")
    assert orca_here(capsys, "tasks", "add", "notes.jsonl", "-w", "ws")[0] == 0
    with made.store() as store:
        (sample,) = store.samples.list()
    assert (sample.kind, sample.answers, sample.metadata["rubric"]) == ("judged", (), "5: short")


def test_grades_given_in_the_terminal_are_kept_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "grades.jsonl"
    answers = [StoredAnswer(sample, f"Dear {i}\x1b[31m") for i, sample in enumerate(letters(4))]
    with CliRunner().isolation(input="4\n7\ns\n2\nq\n") as (out, *_):
        grade_here(answers, path)
        shown = out.getvalue().decode()
    assert [(one.answer, one.grade) for one in read_user_grades(path)] == [("Dear 0\x1b[31m", 4), ("Dear 2\x1b[31m", 2)]
    assert "Write letter 0." in shown and "\x1b" not in shown
