"""The review commands, by hand and on many answers at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orca_local.cli.app import run
from orca_local.domain.settings import TeacherSettings
from orca_local.runs.workspace import Workspace
from orca_local.store.selections import SelectionRow
from orca_local.store.store import Store
from tests.openai_server import OpenAIServer
from tests.teach.scene import KEY, STEPS, fill, sample, settings, solve
from tests.teach.scene import run as teach


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, tiny_gguf: Path) -> Path:
    """Forty answers, of which some are wrong, and one repeats its instruction."""
    directory = tmp_path_factory.mktemp("review") / "ws"
    workspace = Workspace.create(directory, student=str(tiny_gguf))
    answers = [
        {
            "id": f"s{i:02}",
            "text": f"{i} and {i} make {2 * i}, {['even', 'odd'][i % 2]} whale.\nAnswer: {2 * i + (i % 5 == 0)}",
        }
        for i in range(39)
    ]
    answers.append({"id": "s39", "text": f"{STEPS.teacher}\nAnswer: 78"})
    (directory / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)))
    with workspace.store() as store:
        samples = fill(store, [sample(i) for i in range(40)])
        teach(store, samples, TeacherSettings(kind="file", file="answers.jsonl"), directory=directory)
        store.selections.set(
            SelectionRow(None, "sums", STEPS.name, 0.5, 0.1, 0.9, 8, False, "race", 0.05, "because", "test")
        )
    return directory


@pytest.fixture
def workspace(taught: Path, tmp_path: Path) -> Path:
    """A copy of its own for each test."""
    copy = tmp_path / "ws"
    copy.mkdir()
    for name in ("orca.toml", "orca.db"):
        (copy / name).write_bytes((taught / name).read_bytes())
    return copy


def said(capsys: pytest.CaptureFixture[str], workspace: Path, *words: str) -> dict[str, Any]:
    assert run(["dataset", *words, "-w", str(workspace), "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ([], 40),
        (["--verified", "no"], 8),
        (["--verified", "yes"], 32),
        (["--verified", "unknown"], 0),
        (["--leak"], 1),
        (["--no-leak", "--verified", "no"], 8),
        (["--search", "whale odd"], 19),
        (["--search", "17 whale"], 1),
        (["--search", 'NOT "odd* OR'], 0),
        (["--longer", "100"], 1),
        (["--shorter", "40"], 10),
        (["--review", "pending", "--task", "sums", "--strategy", "step_by_step"], 40),
        (["--task", "other"], 0),
        (["--hinted"], 0),
    ],
)
def test_filters_find_what_they_say(
    capsys: pytest.CaptureFixture[str], workspace: Path, options: list[str], count: int
) -> None:
    assert said(capsys, workspace, "list", *options)["matching"] == count


def test_all_that_match_are_rejected_and_the_rows_follow(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    before = said(capsys, workspace, "build")
    assert (before["rows"], before["dropped"]) == (31, {"instruction_leak": 1, "mismatch": 8})
    rejected = said(capsys, workspace, "reject", "--all", "--search", "whale odd", "--verified", "yes")["rejected"]
    assert len(rejected) == 15
    accepted = said(capsys, workspace, "accept", "--all", "--verified", "no", "--shorter", "40")["accepted"]
    assert len(accepted) == 2
    after = said(capsys, workspace, "build")
    assert after["rows"] == 31 - 15 + len(accepted)
    assert after["dropped"]["rejected"] == 15
    assert len(said(capsys, workspace, "reset", "--all", "--review", "rejected")["pending"]) == 15
    counts = said(capsys, workspace, "list")["tasks"][0]
    assert counts["review"] == {"accepted": len(accepted), "pending": 40 - len(accepted)}


def test_an_edit_stays_and_the_original_can_be_had_back(
    capsys: pytest.CaptureFixture[str], workspace: Path, taught: Path
) -> None:
    number = said(capsys, workspace, "list", "--verified", "no")["answers"][0]["id"]
    first = said(capsys, workspace, "show", str(number))
    assert (first["verified"], first["refused"]) == (False, "")
    edited = said(capsys, workspace, "edit", str(number), "--text", "Nothing twice is nothing.\nAnswer: 0")
    assert edited == {"id": number, "changed": True, "verified": True, "verdict": "equal"}
    said(capsys, workspace, "reject", str(number))
    said(capsys, workspace, "reset", str(number))
    with Workspace.open(workspace).store() as store:  # the same answers come once more
        teach(
            store,
            store.samples.list(split="train"),
            TeacherSettings(kind="file", file="answers.jsonl"),
            directory=taught,
        )
    second = said(capsys, workspace, "show", str(number))
    assert (second["text"], second["review"]) == ("Nothing twice is nothing.\nAnswer: 0", "edited")
    assert second["original"] == first["text"]
    assert said(capsys, workspace, "list", "--search", "nothing")["matching"] == 1, "the search knows the new words"
    assert said(capsys, workspace, "edit", str(number), "--restore")["verified"] is False
    assert said(capsys, workspace, "show", str(number))["text"] == first["text"]


def test_what_is_shown_is_what_is_trained(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    found = said(capsys, workspace, "show", "2")
    assert found["trained"].startswith("1 and 1 make 2") and found["trained"].endswith("<|im_end|>")
    assert found["read"].startswith("<|im_start|>system") and "What is 1 + 1?" in found["read"]
    assert STEPS.student not in found["read"]
    assert run(["dataset", "show", "2", "-w", str(workspace)]) == 0
    text = capsys.readouterr().out
    assert "⟦1 and 1 make 2" in text and f"trained on {found['tokens']['trained']} of" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["accept"], "give the ids of answers"),
        (["accept", "1", "--all"], "give the ids of answers"),
        (["reject", "1", "--verified", "no"], "filters need --all"),
        (["reject", "1", "999"], "there is no demonstration 999"),
        (["edit", "1", "--text", "  "], "the new text is empty"),
        (["edit", "1", "--text", "x", "--restore"], "give only one of"),
        (["show", "999"], "there is no demonstration 999"),
    ],
)
def test_what_is_not_clear_changes_nothing(
    capsys: pytest.CaptureFixture[str], workspace: Path, words: list[str], message: str
) -> None:
    assert run(["dataset", *words, "-w", str(workspace)]) == 2
    assert message in capsys.readouterr().err
    with Workspace.open(workspace).store() as store:
        assert {row.review for row in store.demonstrations.list()} == {"pending"}


def test_hinted_answers_are_labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Store.open(tmp_path / "orca.db", create=True) as store:
        samples = fill(store, [sample(i) for i in range(4)])

        def script(request: dict[str, Any], number: int) -> Any:
            good = solve(request, number)
            told = "The right answer is" in request["messages"][0]["content"]
            return good if told or "What is 1" in request["messages"][1]["content"] else wrong

        from tests.openai_server import answer

        wrong = answer("Answer: 999")
        with OpenAIServer(script) as server:
            teach(store, samples, settings(server.url, attempts=1, on_mismatch="with_hint"))
        found = [(row.sample_id, row.hinted, row.verified) for row in store.demonstrations.list(hinted=True)]
        assert found == [(f"s0{i}", True, True) for i in (0, 2, 3)]
        assert len(store.demonstrations.list()) == 1 + 3 * 3


def test_a_file_that_is_no_text_does_not_become_an_answer(
    capsys: pytest.CaptureFixture[str], workspace: Path, tmp_path: Path
) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes(b"The caf\xe9 has 2.\nAnswer: 2")
    assert run(["dataset", "edit", "1", "--file", str(path), "-w", str(workspace)]) == 2
    assert "is not UTF-8" in capsys.readouterr().err
    with Workspace.open(workspace).store() as store:
        assert not store.demonstrations.get(1).edited
