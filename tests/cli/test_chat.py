"""`orca-local chat` as a process."""

from __future__ import annotations

import json
from pathlib import Path

from tests.command import error_of, orca


def test_one_prompt_gets_one_answer_a_model_by_path_where_names_are_equal(workspace: Path, tiny_gguf: Path) -> None:
    for name in ("a", "b"):
        (workspace / name).mkdir()
        (workspace / name / "tiny.gguf").symlink_to(tiny_gguf)
    models = ("--model", "a/tiny.gguf", "--model", "b/tiny.gguf", "--model", "a/tiny.gguf")
    result = orca("chat", *models, "--prompt", "hello", "--max-tokens", "3", "--json", cwd=workspace)
    assert result.returncode == 0, result.stderr
    value = json.loads(result.stdout)
    assert value["prompt"] == "hello"
    assert sorted(value["answers"]) == ["a/tiny.gguf", "b/tiny.gguf"]
    assert len(set(value["answers"].values())) == 1


def test_a_conversation_is_read_from_a_pipe(workspace: Path, tiny_gguf: Path) -> None:
    lines = "hello\n\n/reset\n/frobnicate\nhello\n/quit\nnever asked\n"
    result = orca("chat", "--model", str(tiny_gguf), "--max-tokens", "3", cwd=workspace, stdin=lines)
    assert result.returncode == 0, result.stderr
    first, again = result.stdout.splitlines()
    assert first == again
    assert "no such command '/frobnicate'" in result.stderr


def test_json_needs_a_prompt(workspace: Path, tiny_gguf: Path) -> None:
    result = orca("chat", "--model", str(tiny_gguf), "--json", cwd=workspace, stdin="hello\n")
    assert result.returncode == 2
    assert "--prompt" in error_of(result)["message"]


def test_a_prompt_may_come_from_stdin(workspace: Path, tiny_gguf: Path) -> None:
    options = ("--model", str(tiny_gguf), "--max-tokens", "3", "--json")
    piped = orca("chat", *options, "--prompt", "-", cwd=workspace, stdin="hello")
    typed = orca("chat", *options, "--prompt", "hello", cwd=workspace)
    assert json.loads(piped.stdout) == json.loads(typed.stdout)
