"""A bundle of somebody else: its endpoints get nothing unasked, and a refused one leaves nothing behind."""

from __future__ import annotations

import json
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from orca_local.cli.app import run
from orca_local.domain.errors import InputError
from orca_local.engines.openai import OpenAIEngine
from orca_local.pipeline import bundle
from orca_local.runs.workspace import Workspace
from orca_local.store import bundle as stored
from orca_local.store.connection import Connection
from orca_local.store.migrate import migrate
from orca_local.store.schema import STEPS
from tests.openai_server import OpenAIServer
from tests.teach.scene import KEY, fill, sample, solve

SECRET = "another-secret-of-mine-123"


def made(tmp_path: Path, settings: dict[str, dict[str, Any]]) -> Path:
    """A bundle with two samples to teach and these settings."""
    workspace = Workspace.create(tmp_path / "theirs", settings=settings)
    with workspace.store() as store:
        fill(store, [sample(1), sample(2)])
    bundle.write(workspace, tmp_path / "made.orca")
    return tmp_path / "made.orca"


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server, and a bundle that wants another secret to be sent to it."""
    monkeypatch.setenv("ANOTHER_SECRET", SECRET)
    with OpenAIServer(solve) as server:
        teacher = {"base_url": server.url, "model": "scripted", "key_env": "ANOTHER_SECRET"}
        path = made(tmp_path, {"teacher": teacher, "engine": {"kind": "openai", "model": "m", "base_url": server.url}})
        yield server, path


@pytest.mark.parametrize("words", [["teach"], ["teach", "--batch"]])
def test_nothing_is_sent_to_an_endpoint_of_a_bundle_unasked(
    hostile: Any, tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    server, path = hostile
    assert run(["bundle", "read", str(path), str(tmp_path / "mine")]) == 0
    out = capsys.readouterr().out
    assert f"teacher: {server.url}, with the key in ANOTHER_SECRET" in out and "allow_calls = true" in out
    assert run([*words, "-w", str(tmp_path / "mine")]) != 0
    with pytest.raises(InputError, match=r"engine\.allow_calls is false"):
        OpenAIEngine(Workspace.open(tmp_path / "mine").settings.engine)
    assert not server.requests and not server.paths


def test_what_would_be_sent_is_allowed_in_the_settings_or_by_an_option(
    hostile: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server, path = hostile
    assert run(["bundle", "read", str(path), str(tmp_path / "asked"), "--allow-endpoints", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["endpoints"]
    wanted = {"section": "teacher", "base_url": server.url, "key_env": "ANOTHER_SECRET", "allowed": True}
    assert shown[0] == wanted and shown[1]["section"] == "engine"
    assert Workspace.open(tmp_path / "asked").settings.teacher.allow_calls
    bundle.read(path, tmp_path / "mine")
    file = tmp_path / "mine" / "orca.toml"
    chosen = file.read_text()
    assert not Workspace.open(tmp_path / "mine").settings.teacher.allow_calls
    mark = "allow_calls = false"
    assert mark in chosen
    file.write_text(chosen.replace(mark, "allow_calls = true"))
    assert Workspace.open(tmp_path / "mine").settings.teacher.allow_calls


def test_a_bundle_that_allows_calls_itself_is_not_believed(hostile: Any, tmp_path: Path) -> None:
    server, path = hostile
    connection = Connection(path)
    settings = {"teacher": {"model": "m", "base_url": server.url, "allow_calls": True}}
    texts = {row["name"]: row["value_json"] for row in connection.rows("SELECT * FROM bundle WHERE name != 'digest'")}
    texts["settings"] = json.dumps(settings)
    for name, text in {**texts, "digest": json.dumps(stored._manifest_digest(texts))}.items():
        connection.execute("UPDATE bundle SET value_json = ? WHERE name = ?", [text, name])
    connection.close()
    bundle.read(path, tmp_path / "mine")
    assert not Workspace.open(tmp_path / "mine").settings.teacher.allow_calls


def test_a_bundle_without_an_endpoint_of_its_own_changes_nothing(tmp_path: Path) -> None:
    path = made(tmp_path, {"teacher": {"model": "m"}})
    result = bundle.read(path, tmp_path / "mine")
    assert result.endpoints == () and Workspace.open(tmp_path / "mine").settings.teacher.allow_calls


def test_a_workspace_that_may_not_send_yet_can_be_bundled_and_says_nothing_about_it(
    hostile: Any, tmp_path: Path
) -> None:
    _, path = hostile
    bundle.read(path, tmp_path / "mine")
    bundle.write(Workspace.open(tmp_path / "mine"), tmp_path / "again.orca")
    with sqlite3.connect(tmp_path / "again.orca") as database:
        (text,) = database.execute("SELECT value_json FROM bundle WHERE name = 'settings'").fetchone()
    database.close()
    assert "allow_calls" not in text and "base_url" in text


@pytest.mark.parametrize("steps", [6, 7])
def test_a_bundle_of_an_earlier_version_opens(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "old.orca"
    connection = Connection(path)
    migrate(connection, STEPS[:steps])
    connection.execute("INSERT INTO tasks VALUES ('sums', 'x', '2026-01-01')")
    connection.execute(stored._MANIFEST)
    digests = {table: stored._digest(connection, table) for table in stored._tables(connection)}
    settings = {"teacher": {"base_url": "http://127.0.0.1:9/v1", "model": "m"}}
    for name, value in {"format": 1, "digests": digests, "settings": settings, "files": {}}.items():
        connection.execute("INSERT INTO bundle VALUES (?, ?)", [name, json.dumps(value)])
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    result = bundle.read(path, tmp_path / "mine")
    assert result.rows["tasks"] == 1 and not result.endpoints[0].allowed
    with Workspace.open(tmp_path / "mine").store() as store:
        store.runs.start("teach", "{}", {})


@pytest.mark.parametrize("place", ["new", "new/below/it", "there"])
def test_a_bundle_that_fails_while_it_is_copied_leaves_nothing(tmp_path: Path, place: str) -> None:
    """Its digests fit, but a row refers to one that does not exist."""
    path = made(tmp_path, {})
    connection = Connection(path)
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("DELETE FROM tasks")
    texts = {row["name"]: row["value_json"] for row in connection.rows("SELECT * FROM bundle WHERE name != 'digest'")}
    texts["digests"] = json.dumps(json.loads(texts["digests"]) | {"tasks": stored._digest(connection, "tasks")})
    for name, text in {**texts, "digest": json.dumps(stored._manifest_digest(texts))}.items():
        connection.execute("UPDATE bundle SET value_json = ? WHERE name = ?", [text, name])
    connection.close()
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "notes.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="rows do not belong together"):
        bundle.read(path, tmp_path / place)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_of_the_user_is_not_overwritten(tmp_path: Path) -> None:
    theirs = Workspace.create(tmp_path / "theirs")
    (theirs.directory / "strategies.toml").write_text('[[strategy]]\nname = "x"\ntext = "Do it."\n')
    bundle.write(theirs, tmp_path / "made.orca")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "strategies.toml").write_text("# my own\n")
    with pytest.raises(InputError, match=r"strategies\.toml exists already"):
        bundle.read(tmp_path / "made.orca", tmp_path / "mine")
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["strategies.toml"]
    assert (tmp_path / "mine" / "strategies.toml").read_text() == "# my own\n"


def test_a_bundle_and_what_it_becomes_are_private_and_hold_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    workspace = Workspace.create(tmp_path / "theirs")
    with workspace.store() as store:
        fill(store, [sample(1)])
        # An earlier version stored what an endpoint repeated.
        run_id = store.runs.start("teach", "{}", {"note": f"key {KEY}"})
        store._connection.execute("UPDATE samples SET rationale = ?", [f"the key is {KEY}"])
        store.runs.finish(run_id, "done")
    path = tmp_path / "made.orca"
    bundle.write(workspace, path)
    assert KEY.encode() not in path.read_bytes()
    bundle.read(path, tmp_path / "mine")
    for file in (path, *(tmp_path / "mine").iterdir()):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
