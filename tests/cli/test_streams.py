"""Standard streams that are closed, full, or read by nobody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import orca, shell


@pytest.mark.parametrize("line", ["orca models list", "orca tasks list --json", "orca doctor", "orca --help"])
def test_a_reader_that_goes_away_is_no_error(workspace: Path, line: str) -> None:
    result = shell(f"{line} | true; exit ${{PIPESTATUS[0]}}", workspace)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("line", ["orca models list", "orca tasks list --json", "orca report"])
def test_a_closed_stdout_takes_everything(workspace: Path, line: str) -> None:
    result = shell(f"{line} >&-", workspace)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "code"),
    [("orca models list", 3), ("orca tasks list --json", 3), ("orca --help", 3), ("orca runs show 7 --json", 2)],
)
def test_a_full_stdout_is_said_in_a_line(workspace: Path, line: str, code: int) -> None:
    result = shell(f"{line} > /dev/full", workspace)
    assert result.returncode == code
    assert "written" in result.stderr and "Traceback" not in result.stderr and "Exception" not in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("options", ["", "--prompt -"])
def test_chat_without_stdin_asks_for_a_prompt(workspace: Path, tiny_gguf: Path, options: str) -> None:
    result = shell(f"orca chat --model {tiny_gguf} {options} <&-", workspace)
    assert result.returncode == 2
    assert "--prompt TEXT" in result.stderr and "Traceback" not in result.stderr


def test_a_closed_stderr_changes_no_exit_code(workspace: Path) -> None:
    assert shell("orca tasks list -w nowhere 2>&-", workspace).returncode == 2


@pytest.mark.slow
def test_an_output_that_is_no_text_file_is_written_to_and_not_replaced(workspace: Path) -> None:
    result = shell("orca report --quiet -o /dev/stdout | cat; ls -l /dev/stdout", workspace)
    assert "# Report of orca-local" in result.stdout
    assert "-> " in result.stdout
    assert shell("orca report -o /dev/null; test -c /dev/null", workspace).returncode == 0


@pytest.mark.parametrize("environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}])
def test_any_locale_will_do(workspace: Path, environment: dict[str, str]) -> None:
    result = orca("tasks", "list", "-w", "☃", "--json", cwd=workspace, **environment)
    assert result.returncode == 2
    assert "☃" in json.loads(result.stdout)["error"]["message"]
    assert orca("models", "list", cwd=workspace, **environment).returncode == 0
