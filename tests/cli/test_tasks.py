"""`tasks` on the command line: what is added, refused, chosen by hand and removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orca_local.cli.app import run
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store
from tests.command import orca_here
from tests.conversations import OWN, SALE, record_of
from tests.workspaces import copy_workspace, query


def sample(sample_id: str, **changes: Any) -> dict[str, Any]:
    values = {"id": sample_id, "task": "sums", "kind": "exact", "prompt": f"Say {sample_id}", "answer": "x", **changes}
    return {key: value for key, value in values.items() if value is not ...}


class Place:
    """A workspace without a model, and its `tasks` commands."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.directory = Workspace.create(directory / "ws").directory
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, dict[str, Any], str]:
        return orca_here(self._capsys, *arguments, "-w", str(self.directory))

    def add(self, *records: Any, options: tuple[str, ...] = ()) -> tuple[int, dict[str, Any], str]:
        path = self.directory / "tasks.jsonl"
        path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
        return self.run("tasks", "add", str(path), *options)

    def store(self) -> Store:
        return Workspace.open(self.directory).store()


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, capsys)


def test_rejected_counts_lines_and_not_their_problems(place: Place) -> None:
    bad = sample("b", prompt="", kind="x", split="y")
    code, result, err = place.add(sample("a"), bad, sample("c"), sample("", task=""), options=("--skip-bad",))
    assert (code, result["added"], result["rejected"]) == (0, 2, 2)
    assert err.count("skipped") == 5
    code, result, _ = place.add(bad)
    assert code == 2 and "3 problems in 1 line" in result["error"]["message"]


def test_a_sample_under_another_task_is_named_with_that_task(place: Place) -> None:
    place.add(sample("a"), sample("b"))
    code, result, err = place.add(sample("c", task="words", prompt="say A"), sample("d", task="words"))
    assert (code, result["added"], result["duplicates"]) == (0, 1, 1)
    assert result["elsewhere"] == [{"task": "words", "present_in": "sums", "samples": 1, "example": "c"}]
    assert "task 'words': 1 sample not added again, because task 'sums' has the same prompt and answer already" in err
    assert place.add(sample("a"))[1]["elsewhere"] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"answer": []}, "'answer' is an empty list: give an answer"),
        ({"answer": None}, "'answer' is missing"),
        ({"answer": "\u200b"}, "cannot be seen"),
        ({"answer": ["x", "\u3164"]}, "cannot be seen"),
        ({"answer": "\u00ad\u2060 \ufeff"}, "cannot be seen"),
        ({"answer": "Bern\u200b"}, "ends with a character that cannot be seen, U+200B: remove it"),
        ({"answer": "\u202eBern"}, "begins or ends with a character that cannot be seen, U+202E"),
        ({"prompt": "\u2800\ufe0f"}, "'prompt' cannot be seen"),
        ({"task": "\u200b"}, "'task' cannot be seen"),
        ({"id": "\U000e0001"}, "'id' cannot be seen"),
        ({"labels": ["x", "\u2060"]}, "the label '\\u2060' cannot be seen"),
        ({"labels": ["x", "X "]}, "the labels 'x' and 'X ' are the same answer: keep one of them"),
        ({"kind": "number", "answer": 1, "labels": ["1", "1.0"]}, "the labels '1' and '1.0' are the same answer"),
        ({"kind": "number", "answer": 1, "labels": ["1", "0.5", "1/2"]}, "the labels '0.5' and '1/2' are the same"),
        ({"kind": "boolean", "answer": "no", "labels": ["no", "false"]}, "the labels 'no' and 'false' are the same"),
        ({"kind": "number", "answer": "1e400"}, "'1e400' has too many digits for kind number: use kind exact"),
        ({"kind": "number", "answer": "9" * 400}, "has too many digits for kind number"),
        ({"kind": "number", "answer": 1e308}, "1e+308 has too many digits for kind number"),
        ({"kind": "number", "answer": []}, "'answer' is an empty list"),
        ({"kind": "span", "answer": [["a\nb", "c"]]}, "a text of an inner list must be one line that is not empty"),
        ({"kind": "exact", "answer": [["a"]]}, "must be a text or a list of texts, not ['a']"),
    ],
)
def test_a_refusal_says_what_is_true_and_what_to_do(place: Place, changes: dict[str, Any], message: str) -> None:
    code, result, _ = place.add(sample("a", **changes))
    assert code == 2
    assert message in result["error"]["message"]
    assert result["error"]["message"].startswith("nothing was added: 1 problem\n")
    assert result["error"]["hint"]


@pytest.mark.parametrize(
    ("answer", "stored"),
    [(1e300, "1e+300"), (1e16, "1e+16"), (1e15, "1000000000000000"), (-0.0, "0"), (2.5, "2.5"), (10**25, str(10**25))],
)
def test_a_number_is_stored_as_short_as_it_was_meant(place: Place, answer: float, stored: str) -> None:
    assert place.add(sample("a", answer=answer))[0] == 0
    with place.store() as store:
        assert store.samples.get("a").answers == (stored,)


@pytest.mark.parametrize("answer", ["\u2764\ufe0f", "\U0001f468\u200d\U0001f469", "\u0e01\u0e33", "\u0301", "\u00b7"])
def test_what_can_be_seen_is_an_answer(place: Place, answer: str) -> None:
    assert place.add(sample("a", answer=answer))[0] == 0


def test_a_task_without_probe_samples_is_named_and_its_strategy_is_chosen_by_hand(place: Place) -> None:
    train = [sample(f"t{i}", task="words", split="train") for i in range(3)]
    free = sample("f", task="letters", kind="free", answer=..., split="train")
    code, result, err = place.add(*train, free, sample("p", split="probe"))
    assert (code, result["unprobed"]) == (0, ["words"])
    assert "task 'words' has no probe samples" in err and "orca-local tasks choose 'words' STRATEGY" in err
    code, result, _ = place.run("teach")
    assert code == 2 and "'words' has no probe samples" in result["error"]["message"]
    assert "tasks choose 'words'" in result["error"]["hint"] and "tasks remove" in result["error"]["hint"]
    chosen = place.run("tasks", "choose", "words", "step_by_step")[1]
    assert chosen == {"task": "words", "strategy": "step_by_step", "chosen_by": "hand"}
    assert "'words'" not in place.run("teach")[1]["error"]["message"]
    assert place.run("tasks", "choose", "words", "--undo")[1]["strategy"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["choose", "nothing", "plain"], "no task 'nothing'"),
        (["choose", "sums", "thinking"], "no strategy 'thinking'"),
        (["choose", "sums"], "give a strategy, or --undo"),
        (["choose", "sums", "plain", "--undo"], "give a strategy, or --undo"),
        (["remove", "nothing"], "no task 'nothing'"),
        (["remove", ""], "no task ''"),
        (["show", "nothing"], "no task 'nothing'"),
    ],
)
def test_a_task_or_strategy_that_is_not_there_is_named(place: Place, arguments: list[str], message: str) -> None:
    place.add(sample("a"))
    code, result, _ = place.run("tasks", *arguments)
    assert code == 2
    assert message in result["error"]["message"] and result["error"]["hint"]


def test_a_removed_task_leaves_the_texts_of_the_teacher_and_can_be_added_again(
    taught: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = copy_workspace(taught, tmp_path / "copy")
    calls = query(workspace, "SELECT count(*) FROM teacher_calls")
    code, result, _ = orca_here(capsys, "tasks", "remove", "sums-0", "-w", str(workspace))
    assert code == 0
    assert (result["samples"], result["demonstrations"]) == (30, 10)
    assert query(workspace, "SELECT name FROM tasks") == [("sums-1",)]
    for table in ("samples", "measurements", "scores", "demonstrations"):
        own = "task = 'sums-0'" if table == "samples" else "sample_id NOT IN (SELECT id FROM samples)"
        assert query(workspace, f"SELECT count(*) FROM {table} WHERE {own}") == [(0,)]
    assert query(workspace, "SELECT count(*) FROM selections WHERE task = 'sums-0'") == [(0,)]
    assert query(workspace, "SELECT count(*) FROM teacher_calls") == calls
    assert query(workspace, "PRAGMA integrity_check") == [("ok",)]
    found = query(workspace, "SELECT count(*) FROM demonstration_texts WHERE demonstration_texts MATCH 'Answer'")
    assert found == query(workspace, "SELECT count(*) FROM demonstrations WHERE text LIKE '%Answer%'")
    assert orca_here(capsys, "tasks", "add", str(workspace / "tasks.jsonl"), "-w", str(workspace))[1]["added"] == 30


def test_reviews_are_not_lost_unasked(taught: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = str(copy_workspace(taught, tmp_path / "copy"))
    ids = [row["id"] for row in orca_here(capsys, "dataset", "list", "--task", "sums-1", "-w", workspace)[1]["answers"]]
    orca_here(capsys, "dataset", "accept", str(ids[0]), "-w", workspace)
    code, result, _ = orca_here(capsys, "tasks", "remove", "sums-1", "-w", workspace)
    assert code == 2 and "1 answer reviewed by hand" in result["error"]["message"]
    assert "--reviewed" in result["error"]["hint"]
    assert orca_here(capsys, "tasks", "remove", "sums-1", "--reviewed", "-w", workspace)[0] == 0


def test_a_conversation_is_added_shown_and_bundled(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = record_of(SALE)
    code, result, _ = place.add(record, sample("a"))
    assert (code, result["added"]) == (0, 2)
    _, result, _ = place.run("tasks", "show", "stall")
    assert result["samples"][0]["messages"] == record["messages"]
    _, result, _ = place.run("tasks", "show", "sums")
    assert result["samples"][0]["messages"] == []
    assert run(["tasks", "show", "stall", "-w", str(place.directory)]) == 0
    assert f"[system]\n{OWN}\n[user]\n" in (shown := capsys.readouterr().out)
    assert shown.endswith(f"[user]\n{SALE.prompt}\n→ 7\n\n")
    bundle = str(tmp_path / "a.bundle")
    assert run(["bundle", "write", bundle, "-w", str(place.directory)]) == 0
    assert run(["bundle", "read", bundle, str(tmp_path / "copy")]) == 0
    with Workspace.open(tmp_path / "copy").store() as store:
        assert store.samples.get(SALE.id) == SALE
    code, result, _ = place.add({**record, "id": "x", "messages": record["messages"][:2]})
    assert code == 2 and "tasks.jsonl:1: the last message is a turn of the user" in result["error"]["message"]
