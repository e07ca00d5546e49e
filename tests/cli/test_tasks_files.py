"""`tasks add` with files of any columns: previewed, mapped, added, and refused with the option to write."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from orca_local.runs.workspace import Workspace
from tests.command import orca_here

README = Path(__file__).parents[2] / "README.md"
PLACES = ["Bern", "Thun", "Biel", "Chur"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace that is the current directory."""
    directory = Workspace.create(tmp_path / "ws").directory
    monkeypatch.chdir(directory)
    return directory


def write_csv(path: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    return path


def write_jsonl(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def sums(count: int) -> list[list[Any]]:
    return [[f"What is {number} + 1?", number + 1] for number in range(count)]


def samples(capsys: pytest.CaptureFixture[str], task: str) -> list[dict[str, Any]]:
    return list(orca_here(capsys, "tasks", "show", task, "--limit", "100")[1]["samples"])


def test_a_csv_file_is_guessed_shown_and_added(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(here / "my sums.csv", ["question", "answer"], sums(40))
    code, preview, _ = orca_here(capsys, "tasks", "add", "my sums.csv", "--preview")
    (file,) = preview["files"]
    assert code == 0 and len(file["rows"]) == 10 and file["names"] == ["question", "answer"]
    assert file["rows"][2]["sample"]["prompt"] == "What is 2 + 1?"
    assert orca_here(capsys, "tasks", "list")[1] == {"tasks": []}, "a preview adds nothing"
    code, added, err = orca_here(capsys, "tasks", "add", "my sums.csv")
    assert (code, added["added"], added["rejected"]) == (0, 40, 0)
    assert added["tasks"][0]["task"] == "my sums" and added["tasks"][0]["kind"] == "number"
    guess = "kind: number (guessed: every answer of the first 40 rows is a number)"
    assert f"  {guess}\n" in err and guess in added["maps"][0]["lines"]
    assert added["maps"][0]["columns"] == {"question": "question", "answer": "answer"}
    assert all(sample["id"].startswith("my sums-") for sample in samples(capsys, "my sums"))
    assert orca_here(capsys, "tasks", "add", "my sums.csv")[1]["duplicates"] == 40


def test_what_is_asked_for_is_done(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        [f"Where is {name}?", PLACES[n % 4], "|".join(PLACES), f"part {n % 2}"] for n, name in enumerate("abcdefgh")
    ]
    write_csv(here / "towns.tsv", ["frage", "ort", "orte", "teil"], rows)
    (here / "prompt.jinja").write_text("{{ frage }} One of {{ orte | replace('|', ', ') }}.\n")
    options = ["--template", "prompt.jinja", "--map", "answer=ort", "--task-column", "teil", "--kind", "exact"]
    code, added, _ = orca_here(capsys, "tasks", "add", "towns.tsv", *options, "--labels", "Bern, Biel, Chur, Thun")
    assert (code, added["added"]) == (0, 8)
    assert [row["task"] for row in added["tasks"]] == ["part 0", "part 1"]
    sample = samples(capsys, "part 0")[0]
    assert sample["prompt"].endswith("? One of Bern, Thun, Biel, Chur.")
    assert sample["labels"] == ["Bern", "Biel", "Chur", "Thun"]


def test_conversations_become_samples_with_messages(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    talk = [("system", "Be brief."), ("human", "Hi"), ("gpt", "Hello"), ("human", "Bye"), ("gpt", "See you")]
    rows = [{"conversations": [{"from": role, "value": f"{text} {n}"} for role, text in talk]} for n in range(9)]
    rows[4]["conversations"] = rows[4]["conversations"][:-1]
    write_jsonl(here / "chats.jsonl", rows)
    code, result, _ = orca_here(capsys, "tasks", "add", "chats.jsonl")
    assert code == 2 and "chats.jsonl:5: the last turn is of the user" in result["error"]["message"]
    code, added, _ = orca_here(capsys, "tasks", "add", "chats.jsonl", "--skip-bad")
    assert (code, added["added"], added["rejected"]) == (0, 8, 1)
    sample = samples(capsys, "chats")[0]
    assert [turn["role"] for turn in sample["messages"]] == ["system", "user", "assistant"]
    assert sample["prompt"].startswith("Bye") and sample["kind"] == "free"


@pytest.mark.slow
def test_a_column_that_is_missing_in_row_40312_is_a_problem_of_that_row(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"question": f"What is {n}?", "answer": "x"} for n in range(40_320)]
    rows[40_311] = {"qestion": "What?", "answer": "x"}
    write_jsonl(here / "many.jsonl", rows)
    code, result, _ = orca_here(capsys, "tasks", "add", "many.jsonl", "--kind", "free")
    assert code == 2
    assert "many.jsonl:40312: column 'question' is missing; the row has qestion, answer" in result["error"]["message"]
    assert orca_here(capsys, "tasks", "list")[1] == {"tasks": []}


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (["--map", "prompt=frag"], "no row has a column 'frag'; the columns are frage, antwort", "frage"),
        (["--map", "promt=frage"], "a column cannot be mapped to 'promt'", "prompt"),
        (["--map", "frage"], "'frage' must be KEY=COLUMN, such as prompt=question", "--help"),
        (["--map", "prompt=frage", "--map", "prompt=antwort"], "--map names 'prompt' twice", "--help"),
        ([], "no column is known to be the prompt; the columns are frage, antwort", "--map prompt=frage"),
        (["--map", "prompt=frage", "--kind", "numbr"], "unknown kind 'numbr'", "number"),
        (["--template", "nowhere.jinja"], "there is no file nowhere.jinja", "check the path"),
        (["--seed", "3"], "--seed needs --limit", "--help"),
        (["--index-from", "2"], "2 is not in the range 0<=x<=1", "--help"),
        (
            ["--map", "prompt=frage", "--map", "answer=antwort"],
            "are of several kinds: 20 of the first 40",
            "--kind exact",
        ),
    ],
)
@pytest.mark.parametrize("preview", [[], ["--preview"]], ids=["add", "preview"])
def test_a_bad_request_is_one_message_with_its_remedy_and_adds_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str, hint: str, preview: list[str]
) -> None:
    write_csv(here / "fragen.csv", ["frage", "antwort"], [[f"Was {n}?", n if n % 2 else "blau"] for n in range(40)])
    code, result, err = orca_here(capsys, "tasks", "add", "fragen.csv", *options, *preview)
    assert code == 2 and "Traceback" not in err
    assert message in result["error"]["message"] and hint in result["error"]["hint"]
    assert orca_here(capsys, "tasks", "list")[1] == {"tasks": []}


def test_a_preview_shows_bad_rows_among_the_good(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"question": f"Q{n}?", "choices": ["ant", "bee"], "answer": "bee"} for n in range(12)]
    rows[3]["answer"] = "whale"
    write_jsonl(here / "zoo.jsonl", rows)
    with (here / "zoo.jsonl").open("a") as file:
        file.write("{\n")
    code, preview, _ = orca_here(capsys, "tasks", "add", "zoo.jsonl", "--preview")
    found = preview["files"][0]["rows"]
    assert code == 0 and [row["line"] for row in found if row["sample"] is None] == [4]
    assert "'whale' is no option" in found[3]["problems"][0]
    assert found[0]["sample"]["answers"] == ["B"]


def test_the_commands_of_the_readme_do_what_it_says(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(here / "questions.csv", ["question", "answer"], sums(12))
    write_csv(here / "fragen.csv", ["frage", "antwort"], [[f"Wo liegt Dorf {n}?", PLACES[n % 4]] for n in range(12)])
    talks = [[{"role": "user", "content": f"Hi {n}"}, {"role": "assistant", "content": "Hello"}] for n in range(600)]
    write_jsonl(here / "chats.jsonl", [{"messages": talk} for talk in talks])
    section = README.read_text(encoding="utf-8").split("### Files that you have already")[1].split("\n\n`tasks add`")[0]
    commands = re.findall(r"^    orca-local (tasks add (?!hub:|ready:).*)$", section, re.MULTILINE)
    assert len(commands) == 3
    results = [orca_here(capsys, *shlex.split(command)) for command in commands]
    assert [code for code, _, _ in results] == [0, 0, 0]
    assert len(results[0][1]["files"][0]["rows"]) == 10
    assert [result["added"] for _, result, _ in results[1:]] == [12, 500]
    sizes = {row["task"]: row["kind"] for row in orca_here(capsys, "tasks", "list")[1]["tasks"]}
    assert sizes == {"towns": "exact", "chats": "free"}


def test_files_that_cannot_be_previewed_say_why(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "void.csv").touch()
    for name, message in (("void.csv", "it is empty"), ("none.csv", "there is no such file")):
        code, result, _ = orca_here(capsys, "tasks", "add", name, "--preview")
        assert code == 2 and message in result["error"]["message"] and result["error"]["hint"]


def test_lists_of_accepted_answers_are_written_in_cells(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lists = [json.dumps([f"Sea {n}", f"the sea {n}"]) for n in range(12)]
    write_csv(here / "seas.csv", ["question", "answer"], [[f"Which sea is {n}?", cell] for n, cell in enumerate(lists)])
    code, added, err = orca_here(capsys, "tasks", "add", "seas.csv")
    assert (code, added["tasks"][0]["kind"]) == (0, "span")
    assert "answer: column answer, lists of accepted answers" in err
    assert all(len(sample["answers"]) == 2 for sample in samples(capsys, "seas"))
    rows = [[str(n), "lakes", "span", f"Which lake is {n}?", cell] for n, cell in enumerate(lists)]
    write_csv(here / "lakes.csv", ["id", "task", "kind", "prompt", "answer"], rows)
    orca_here(capsys, "tasks", "add", "lakes.csv")
    assert all(len(sample["answers"]) == 2 for sample in samples(capsys, "lakes"))
    write_jsonl(here / "texts.jsonl", [{"question": f"Write list {n}.", "answer": lists[n]} for n in range(12)])
    orca_here(capsys, "tasks", "add", "texts.jsonl")
    assert all(sample["answers"] == [lists[int(sample["prompt"][11:-1])]] for sample in samples(capsys, "texts"))


def test_answers_with_a_bar_between_are_a_list_only_if_the_map_says_so(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_csv(here / "bars.csv", ["question", "found"], [[f"What is {n}?", f"a {n}|b {n}"] for n in range(12)])
    orca_here(capsys, "tasks", "add", "bars.csv", "--map", "answers=found", "--task", "divided")
    orca_here(capsys, "tasks", "add", "bars.csv", "--map", "answer=found", "--task", "whole", "--kind", "text")
    assert all(sample["answers"][1].startswith("b ") for sample in samples(capsys, "divided"))
    assert all(len(sample["answers"]) == 1 for sample in samples(capsys, "whole"))


def test_thousands_of_bad_rows_are_bounded_and_counted(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": str(n), "task": "t", "kind": "number", "prompt": f"{n}?", "answer": "x"} for n in range(3000)]
    write_jsonl(here / "bad.jsonl", [*rows, rows[0] | {"id": "good", "answer": "7"}])
    code, result, err = orca_here(capsys, "tasks", "add", "bad.jsonl")
    assert code == 2 and result["error"]["message"].startswith("nothing was added: 3,000 problems\n")
    assert result["error"]["message"].endswith("… and 2,000 more") and err.count("\n") < 1010
    code, added, err = orca_here(capsys, "tasks", "add", "bad.jsonl", "--skip-bad")
    assert (code, added["added"], added["rejected"]) == (0, 1, 3000)
    assert "skipped 2,000 more" in err and err.count("\n") < 1010


def test_an_interrupted_import_says_that_it_begins_anew(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(here / "slow.jsonl")
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    code, result, _ = orca_here(capsys, "tasks", "add", "slow.jsonl")
    timer.join()
    assert code == 130 and result["error"]["message"] == "interrupted" and "begins anew" in result["error"]["hint"]
