"""The command line as a process: exit codes, one JSON object, clear errors, quick start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orca_local.cli.app import COMMANDS, run
from tests.command import error_of, orca

HEAVY = ("pydantic", "numpy", "llama_cpp", "torch", "transformers", "openai", "huggingface_hub", "rich", "sqlite_utils")


def write_samples(path: Path, count: int = 10) -> Path:
    lines = [
        {"id": f"s{i}", "task": "sums", "kind": "number", "prompt": f"What is {i} + {i}?", "answer": str(2 * i)}
        for i in range(count)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: orca-local {name}")


def test_reading_settings_loads_no_numpy(tmp_path: Path) -> None:
    code = "import sys; import orca_local.runs.settings_file, orca_local.store.store; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, timeout=60).returncode == 0


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from orca_local.cli.app import run; run(['--help']); "
        f"sys.stderr.write(' '.join(m for m in {HEAVY!r} if m in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0
    assert result.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["probe", "--no-such-option"],
        ["tasks", "add"],
        ["tasks", "frobnicate"],
        ["train", "--rank", "x"],
        ["train", "--rank", "0"],
        ["train", "--epochs", "nan"],
        ["train", "--learning-rate", "inf"],
        ["chat", "--temperature", "nan", "--prompt", "hello"],
        ["chat"],
        ["runs", "show", "x"],
        ["serve", "--port", "65536"],
    ],
)
def test_bad_usage_exits_2_with_one_json_object(arguments: list[str], tmp_path: Path) -> None:
    result = orca(*arguments, "--json", cwd=tmp_path)
    assert result.returncode == 2
    assert error_of(result)["kind"] == "usage"


@pytest.mark.parametrize(
    "arguments", [["tasks", "list"], ["probe"], ["teach"], ["train"], ["export"], ["evaluate"], ["report"]]
)
def test_without_a_workspace_the_error_names_the_command_that_makes_one(arguments: list[str], tmp_path: Path) -> None:
    result = orca(*arguments, "--json", cwd=tmp_path)
    assert result.returncode == 2
    assert "orca-local init" in error_of(result)["hint"]


def test_init_refuses_a_student_that_is_not_there(tmp_path: Path) -> None:
    result = orca("init", "ws", "--student", "nowhere.gguf", "--json", cwd=tmp_path)
    assert result.returncode in (2, 3)
    assert "nowhere.gguf" in error_of(result)["message"]
    assert not (tmp_path / "ws" / "orca.toml").exists()


def test_init_never_overwrites_a_workspace(workspace: Path) -> None:
    before = (workspace / "orca.toml").read_bytes()
    result = orca("init", ".", "--json", cwd=workspace)
    assert result.returncode == 2
    error_of(result)
    assert (workspace / "orca.toml").read_bytes() == before


@pytest.mark.slow
def test_added_tasks_are_listed_and_adding_them_again_adds_nothing(workspace: Path) -> None:
    write_samples(workspace / "tasks.jsonl")
    first = json.loads(orca("tasks", "add", "tasks.jsonl", "--json", cwd=workspace).stdout)
    again = json.loads(orca("tasks", "add", "tasks.jsonl", "--json", cwd=workspace).stdout)
    assert (first["added"], first["duplicates"], again["added"], again["duplicates"]) == (10, 0, 0, 10)
    listed = json.loads(orca("tasks", "list", "--json", cwd=workspace).stdout)["tasks"]
    assert [task["task"] for task in listed] == ["sums"]
    assert sum(listed[0][split] for split in ("probe", "train", "holdout")) == 10


@pytest.mark.slow
def test_a_bad_line_is_named_and_nothing_is_imported(workspace: Path) -> None:
    path = write_samples(workspace / "tasks.jsonl")
    with path.open("a") as file:
        file.write("not json\n")
    result = orca("tasks", "add", "tasks.jsonl", "--json", cwd=workspace)
    assert result.returncode == 2
    assert "11" in result.stderr and "tasks.jsonl" in result.stderr
    assert json.loads(orca("tasks", "list", "--json", cwd=workspace).stdout)["tasks"] == []


def test_a_misspelt_setting_names_the_file_and_the_nearest_key(workspace: Path) -> None:
    with (workspace / "orca.toml").open("a") as file:
        file.write("\n[evaluate]\nmax_token = 3\n")
    result = orca("tasks", "list", "--json", cwd=workspace)
    assert result.returncode == 2
    error = error_of(result)
    assert "max_token" in error["message"] and "orca.toml" in error["message"]
    assert "max_tokens" in error["message"] + error["hint"]


@pytest.mark.slow
def test_teach_before_probe_says_so(workspace: Path) -> None:
    write_samples(workspace / "tasks.jsonl")
    orca("tasks", "add", "tasks.jsonl", cwd=workspace)
    result = orca("teach", "--json", cwd=workspace)
    assert result.returncode == 2
    assert "orca-local probe" in error_of(result)["hint"]


def test_a_group_without_its_command_names_the_commands(tmp_path: Path) -> None:
    result = orca("runs", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "error: a command is missing; choose one of: attach, cancel, delete, list, show",
        "hint: see `orca-local runs --help`",
    ]


def test_a_misspelt_command_names_the_nearest(tmp_path: Path) -> None:
    assert "Did you mean 'probe'?" in orca("prob", cwd=tmp_path).stderr


def test_a_number_beyond_the_database_is_bad_input(workspace: Path) -> None:
    result = orca("runs", "show", "9" * 30, "--json", cwd=workspace)
    assert result.returncode == 2
    assert error_of(result)["kind"] == "input"


def test_a_name_that_is_no_text_is_still_one_json_object(workspace: Path) -> None:
    result = orca("tasks", "list", "-w", os.fsdecode(b"\xff"), "--json", cwd=workspace, LC_ALL="C.UTF-8")
    assert result.returncode == 2
    assert error_of(result)["kind"] == "input"


@pytest.mark.slow
def test_quickstart_leaves_other_workspaces_alone(workspace: Path) -> None:
    result = orca("quickstart", ".", "--json", cwd=workspace)
    assert result.returncode == 2
    assert "orca-local quickstart DIR" in error_of(result)["hint"]
    assert not (workspace / "orca.db").exists()


@pytest.mark.slow
def test_doctor_says_what_is_missing_and_how_to_get_it(workspace: Path) -> None:
    result = orca("doctor", "--json", cwd=workspace, OPENAI_API_KEY="")
    assert result.returncode == 0
    findings = json.loads(result.stdout)["findings"]
    assert all(finding["ok"] or finding["remedy"] for finding in findings)
    (key,) = (finding for finding in findings if finding["name"] == "teacher key")
    assert not key["ok"] and "OPENAI_API_KEY" in key["remedy"]
    assert orca("doctor", "-w", "nowhere", cwd=workspace).returncode == 0


@pytest.mark.slow
def test_runs_are_listed_and_shown(workspace: Path) -> None:
    assert json.loads(orca("runs", "list", "--json", cwd=workspace).stdout) == {"runs": []}
    result = orca("runs", "show", "7", "--json", cwd=workspace)
    assert result.returncode == 2
    assert error_of(result) == {"message": "there is no run 7", "hint": "see `orca-local runs list`", "kind": "input"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b'{"id": "1", "task": "t", "kind": "free", "prompt": "\xff"}', "not UTF-8"),
        (b'{"prompt": "' + b"a" * 100_000_000 + b'"}', "longer than 10 MB"),
        (b'{"id": "1", "task": "t", "kind": "sonnet", "prompt": "?", "answer": "x"}', "unknown kind 'sonnet'"),
        (
            b'{"id": "1", "task": "t", "kind": "multiple_choice", "prompt": "(A) x (B) y", "answer": "C"}',
            "'C' is not among the options of the prompt: A, B",
        ),
        (None, "there is no such file"),
    ],
    ids=["empty", "not utf-8", "100 MB", "kind", "choice", "missing"],
)
def test_bad_files_are_all_named_and_nothing_is_imported(workspace: Path, content: bytes | None, said: str) -> None:
    write_samples(workspace / "good.jsonl")
    (workspace / "folder").mkdir()
    if content is not None:
        (workspace / "bad.jsonl").write_bytes(content)
    result = orca("tasks", "add", "good.jsonl", "bad.jsonl", "folder", "--json", cwd=workspace)
    assert result.returncode == 2
    message = error_of(result)["message"]
    assert "2 problems" in message and "bad.jsonl" in message and said in message
    assert "folder: is a directory" in message
    assert json.loads(orca("tasks", "list", "--json", cwd=workspace).stdout)["tasks"] == []
