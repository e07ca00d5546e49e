"""What a person may type or hand over to any command: one message with its remedy, and nothing changes."""

from __future__ import annotations

import io
import os
import stat
import sys
from pathlib import Path

import pytest

from orca_local.cli.app import run
from orca_local.cli.encoding import use_substitutes
from orca_local.domain import input_file
from orca_local.domain.errors import InputError
from orca_local.domain.figures import local_time
from orca_local.runs.settings_file import load_settings
from orca_local.runs.workspace import Workspace
from orca_local.system.certificates import require_certificates
from tests.command import orca_here
from tests.workspaces import copy_workspace

LONG = "x" * 5000
ODD_PATHS = ["", LONG, f"{LONG}/x", "/dev/zero", "/dev/null/x", "/", "a\nb", "\x1b[31mred", "caf\udce9", "~nobody9/x"]
COMMANDS = {
    "tasks add": ("tasks", "add", "{}"),
    "inspect": ("models", "inspect", "{}"),
    "init --student": ("init", "new", "--student", "{}"),
    "bundle read": ("bundle", "read", "{}", "new"),
    "edit --file": ("dataset", "edit", "1", "--file", "{}"),
    "evaluate --model": ("evaluate", "--model", "{}"),
    "chat --adapter": ("chat", "--prompt", "x", "--adapter", "{}"),
    "-w": ("tasks", "list", "-w", "{}"),
}


@pytest.fixture
def workspace(taught: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(input_file, "PIPE_WAIT_S", 0.05)
    directory = copy_workspace(taught, tmp_path / "work")
    monkeypatch.chdir(directory)
    return directory


@pytest.mark.parametrize("name", COMMANDS)
def test_a_path_that_cannot_be_is_named_with_its_remedy(
    workspace: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo("pipe")
    before = sorted(path.name for path in workspace.iterdir())
    for path in [*ODD_PATHS, "pipe", "exports"]:
        code, result, err = orca_here(capsys, *(part.format(path) for part in COMMANDS[name]))
        assert code in (2, 3), (path, err)
        assert result["error"]["kind"] in ("input", "usage", "missing"), (path, result)
        assert result["error"]["message"] and result["error"]["hint"], path
        assert "Traceback" not in err
        assert len(result["error"]["message"]) < 12_000
    assert sorted(path.name for path in workspace.iterdir()) == before


@pytest.mark.parametrize("path", ["", "file", "file/sub", LONG, "/proc/new", "/dev/null", "a\0b"])
def test_init_makes_a_workspace_only_where_there_can_be_one(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    code, result, _ = orca_here(capsys, "init", path)
    assert code in (2, 3) and result["error"]["hint"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("name", ["a\nb", "it's", "two words", "\u65e5\u672c", "-"])
def test_odd_names_are_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--", name]) == 0
    assert run(["tasks", "list", "-w", name]) == 0


def test_a_task_file_whose_name_is_no_text_is_read(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(os.fsdecode(b"caf\xe9.jsonl"))
    path.write_text('{"id": "new", "task": "new", "kind": "exact", "prompt": "Say x", "answer": "x"}')
    code, result, _ = orca_here(capsys, "tasks", "add", str(path))
    assert (code, result["added"]) == (0, 1)


SETTINGS = [
    ("teacher", "timeout_s", "1e300"),
    ("teacher", "timeout_s", "1e-300"),
    ("teacher", "patience_s", "3e6"),
    ("engine", "timeout_s", "2_000_000"),
    ("teacher", "tries", "0"),
    ("teacher", "tries", "1.5"),
    ("teacher", "tries", "9223372036854775807"),
    ("teacher", "max_calls", "-1"),
    ("teacher", "max_calls", "2.0"),
    ("teacher", "max_usd", "1e300"),
    ("teacher", "seed", "9223372036854775807"),
    ("probe", "samples", "99_999_999_999"),
    ("probe", "max_tokens", "0"),
    ("probe", "max_tokens", "nan"),
    ("dataset", "max_tokens", "inf"),
    ("engine", "context", "4_294_967_296"),
    ("engine", "gpu_layers", "99_999_999"),
    ("train", "alpha", "1e300"),
    ("train", "learning_rate", "1e-320"),
    ("train", "batch_size", "-1"),
    ("train", "epochs", "-inf"),
    ("evaluate", "samples", "true"),
    ("student", "file", '"a\\u0000b"'),
    ("evaluate", "system_messages", '["a", "b\\u0000"]'),
    ("student", "file", f'["{LONG}"]'),
]


@pytest.mark.parametrize(("section", "key", "value"), SETTINGS)
def test_a_value_that_no_setting_means_is_named(tmp_path: Path, section: str, key: str, value: str) -> None:
    path = tmp_path / "orca.toml"
    path.write_text(f"[{section}]\n{key} = {value}\n")
    with pytest.raises(InputError, match=f"{section}.{key} = ") as caught:
        load_settings(path, {})
    assert caught.value.hint and len(caught.value.message) < 700


@pytest.mark.parametrize("text", ["9" * 5000, "1e400", "NaN", "-Infinity", "[" * 50_000, "\udcff", "a\udcffb"])
def test_a_variable_that_holds_no_number_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "orca.toml"
    path.write_text("")
    with pytest.raises(InputError, match="ORCA_LOCAL_TRAIN__RANK"):
        load_settings(path, {"ORCA_LOCAL_TRAIN__RANK": text})


def test_minus_zero_is_zero(tmp_path: Path) -> None:
    path = tmp_path / "orca.toml"
    path.write_text("[teacher]\ntemperature = -0.0\n")
    assert str(load_settings(path, {}).teacher.temperature) == "0.0"


@pytest.mark.parametrize(
    "arguments",
    [
        ["tasks", "show", "sums-0", "--limit", "9" * 5000],
        ["tasks", "show", "sums-0", "--limit", "1e3"],
        ["tasks", "show", "sums-0", "--limit", "9" * 30],
        ["dataset", "show", "9" * 30],
        ["dataset", "accept", "-1", "9" * 25],
        ["dataset", "list", "--limit", "0"],
        ["dataset", "edit", "1", "--text", "\u0000"],
        ["dataset", "edit", "1", "--text", " \n"],
        ["dataset", "edit", "1", "--text", "\udcff"],
        ["dataset", "list", "--limit", "1.5"],
        ["dataset", "list", "--search", "\udcff"],
        ["dataset", "list", "--strategy", "caf\udce9"],
        ["dataset", "list", "--strategy", "a\0b"],
        ["teach", "--limit", "0"],
        ["probe", "--samples", "1.0"],
        ["probe", "--samples", "9" * 30],
        ["probe", "--task", "\udcff"],
        ["probe", "--strategy", "caf\udce9"],
        ["chat", "--prompt", "x", "--temperature", "1e400"],
        ["chat", "--prompt", "x", "--model", " "],
        ["train", "--rank", "9" * 30],
        ["train", "--learning-rate", "-0"],
        ["export", "--quantization", ""],
        ["rescue", ""],
        ["rescue", "--to", ""],
        ["serve", ""],
        ["serve", "--model", " "],
        ["serve", "--adapter", ""],
        ["serve", "--host", ""],
        ["serve", "--allow-host", ""],
        ["runs", "show", "9" * 5000],
        ["runs", "delete", "0"],
    ],
)
def test_an_argument_that_cannot_be_meant_is_bad_input(
    workspace: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, result, err = orca_here(capsys, *arguments)
    assert code == 2, err
    assert result["error"]["message"] and result["error"]["hint"]


def editor(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 3", "the editor failed"),
        ("kill -9 $$", "the editor failed"),
        ("printf 'caf\\351' > $1", "the editor saved no UTF-8 text"),
        ("printf 'a\\000b' > $1", "holds a NUL character"),
        ("head -c 2000000 /dev/zero | tr '\\\\0' x > $1", "larger than 1 MB"),
        ("rm $1", "the editor left no text"),
        ("rm $1; mkdir $1", "the editor left no text"),
        (": > $1; touch -d '+1 hour' $1", "the new text is empty"),
        (None, "the editor failed"),
    ],
)
def test_an_editor_that_fails_changes_nothing(
    workspace: Path,
    script: str | None,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "/nowhere/editor" if script is None else editor(workspace / "editor", script))
    before = orca_here(capsys, "dataset", "show", "1")[1]["text"]
    code, result, _ = orca_here(capsys, "dataset", "edit", "1")
    assert code in (1, 2)
    assert message in result["error"]["message"] and result["error"]["hint"]
    assert orca_here(capsys, "dataset", "show", "1")[1]["text"] == before


def test_an_editor_that_saves_nothing_changes_nothing(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VISUAL", "true")
    assert orca_here(capsys, "dataset", "edit", "1")[1]["changed"] is False


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252", "iso8859-15", "koi8-r"])
def test_a_terminal_without_our_characters_gets_others(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    use_substitutes()
    sys.stdout.write("a → b ─ \u65e5 \udcff")
    sys.stdout.flush()
    text = raw.getvalue().decode(encoding)
    assert text.startswith("a -> b ") and "\\u65e5 \\udcff" in text


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SSL_CERT_FILE": "/nowhere/ca.pem"}, "SSL_CERT_FILE=/nowhere/ca.pem: there is no such file"),
        ({"SSL_CERT_FILE": "/dev/zero"}, "is a device"),
        ({"SSL_CERT_FILE": "/"}, "is a directory"),
        ({"SSL_CERT_FILE": __file__}, "holds no certificates"),
        ({"SSL_CERT_FILE": LONG}, "the path is too long"),
        ({"SSL_CERT_DIR": "/nowhere"}, "SSL_CERT_DIR=/nowhere: is not a directory"),
        ({"SSL_CERT_DIR": LONG}, "is not a directory"),
    ],
)
def test_certificates_that_are_not_there_are_named(
    variables: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    require_certificates()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=message) as caught:
        require_certificates()
    assert caught.value.hint


def test_a_time_is_shown_without_fractions() -> None:
    shown = local_time("2026-03-01T10:20:30.456+00:00")
    assert len(shown) == len("2026-03-01 10:20:30") and shown.endswith(":20:30")


def test_a_setting_file_that_is_a_pipe_or_directory_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = Workspace.create(tmp_path / "ws").directory
    (directory / "prices.toml").mkdir()
    monkeypatch.setattr(input_file, "PIPE_WAIT_S", 0.05)
    os.mkfifo(directory / "strategies.toml")
    assert run(["tasks", "choose", "x", "plain", "-w", str(directory)]) == 2
