"""`orca-local chat` as a process."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from orca_local.adapters.adapter import Adapter
from orca_local.export.adapter_file import write_adapter
from orca_local.gguf.header import read_header
from tests.command import error_of, orca
from tests.export.scene import random_adapter


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_conversation_is_read_from_a_pipe(workspace: Path, tiny_gguf: Path) -> None:
    lines = "hello\n\n/reset\n/frobnicate\nhello\n/quit\nnever asked\n"
    result = orca("chat", "--model", str(tiny_gguf), "--max-tokens", "3", cwd=workspace, stdin=lines)
    assert result.returncode == 0, result.stderr
    first, again = result.stdout.splitlines()
    assert first == again
    assert "unknown command '/frobnicate'" in result.stderr


def test_json_needs_a_prompt(workspace: Path, tiny_gguf: Path) -> None:
    result = orca("chat", "--model", str(tiny_gguf), "--json", cwd=workspace, stdin="hello\n")
    assert result.returncode == 2
    assert "--prompt" in error_of(result)["message"]


@pytest.mark.slow
def test_a_prompt_may_come_from_stdin(workspace: Path, tiny_gguf: Path) -> None:
    options = ("--model", str(tiny_gguf), "--max-tokens", "3", "--json")
    piped = orca("chat", *options, "--prompt", "-", cwd=workspace, stdin="hello")
    typed = orca("chat", *options, "--prompt", "hello", cwd=workspace)
    assert json.loads(piped.stdout) == json.loads(typed.stdout)


@pytest.fixture(scope="module")
def adapter(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of the tiny model in PEFT's form."""
    directory = tmp_path_factory.mktemp("adapter")
    random_adapter(tiny_gguf).save(directory)
    return directory


@pytest.mark.slow
def test_an_adapter_is_put_on_and_taken_off_in_a_conversation(workspace: Path, tiny_gguf: Path, adapter: Path) -> None:
    lines = "hello\n/reset\n/adapter off\nhello\n/reset\n/adapter on\nhello\n/adapter sideways\n"
    model = ("--model", str(tiny_gguf), "--max-tokens", "3")
    result = orca("chat", *model, "--adapter", str(adapter), cwd=workspace, stdin=lines)
    assert result.returncode == 0, result.stderr
    adapted, base, again = result.stdout.splitlines()
    assert adapted == again != base
    assert "the adapter is off\nthe adapter is on\n" in result.stderr and "'/adapter sideways'" in result.stderr
    plain = orca("chat", *model, cwd=workspace, stdin="hello\n/adapter on\n")
    assert plain.stdout.splitlines() == [base]
    assert "there is no adapter" in plain.stderr


@pytest.mark.slow
def test_an_adapter_goes_on_the_base_where_no_model_is_named(workspace: Path, tiny_gguf: Path, adapter: Path) -> None:
    settings = workspace / "orca.toml"
    settings.write_text(re.sub(r"(?m)^file = .*$", f'file = "{tiny_gguf}"', settings.read_text()))
    result = orca("chat", "--adapter", str(adapter), "--prompt", "hello", "--max-tokens", "3", "--json", cwd=workspace)
    assert result.returncode == 0, result.stderr
    value = json.loads(result.stdout)
    assert value["adapter"] == str(adapter) and list(value["answers"]) == ["base"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "match"),
    [(("--adapter", "nowhere.gguf"), "no adapter nowhere"), (("--adapter", "newest", "--model", "base"), "one model")],
)
def test_an_adapter_that_cannot_be_put_on_ends_the_command(
    options: tuple[str, ...], match: str, workspace: Path, tiny_gguf: Path
) -> None:
    result = orca("chat", "--model", str(tiny_gguf), *options, "--prompt", "hello", "--json", cwd=workspace)
    assert result.returncode == 2
    assert match in error_of(result)["message"]


@pytest.mark.slow
def test_an_adapter_is_not_talked_to_as_a_model(workspace: Path, tiny_gguf: Path, adapter: Path) -> None:
    path = write_adapter(workspace / "a.gguf", read_header(tiny_gguf), Adapter.load(adapter), {}).path
    result = orca("chat", "--model", str(path), "--prompt", "hello", "--json", cwd=workspace)
    assert result.returncode == 2
    error = error_of(result)
    assert "is an adapter, not a model" in error["message"] and f"--adapter {path}" in error["hint"]
