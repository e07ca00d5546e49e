"""A workspace as one file: everything is repeated from it elsewhere, and nothing foreign gets in by it."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orca_local.cli.app import run
from orca_local.domain.errors import InputError
from orca_local.models.provenance import ADAPTER_SHA256, weights_provenance
from orca_local.pipeline import bundle
from orca_local.runs.workspace import Workspace
from orca_local.store.bundle import without_directories
from tests.openai_server import OpenAIServer
from tests.store.damage import FILES
from tests.teach.scene import KEY, solve

OFFLINE = """
import sys
def watch(event, args):
    if event.startswith("socket."): raise RuntimeError("a socket was opened: " + event)
from orca_local.cli.app import run
sys.addaudithook(watch)
sys.exit(run(sys.argv[1:]))
"""


def offline(directory: Path, *arguments: str) -> str:
    """What a command says where opening a socket ends the process, and no key is in the environment."""
    environment = {k: v for k, v in os.environ.items() if k != "OPENAI_API_KEY"} | {"PYTHONPATH": str(Path.cwd())}
    result = subprocess.run(
        [sys.executable, "-c", OFFLINE, *arguments, "-w", str(directory), "--offline"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tiny_gguf: Path) -> Path:
    """A workspace with a probe, twelve taught samples, and a strategy of its own."""
    directory = tmp_path_factory.mktemp("made") / "ws"
    with OpenAIServer(solve) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        Workspace.create(
            directory,
            student=str(tiny_gguf),
            settings={
                "engine": {"capacity": 4, "context": 512, "threads": 1},
                "probe": {"max_tokens": 6, "samples": 4},
                "teacher": {"base_url": server.url, "model": "scripted"},
            },
        )
        (directory / "strategies.toml").write_text('[[strategy]]\nname = "mine"\ntext = "Do it my way."\n')
        lines = [
            {
                "id": f"{split}{i}",
                "task": "sums",
                "prompt": f"What is {i} + {i}?",
                "answer": str(2 * i),
                "kind": "number",
            }
            | {"split": split}
            for i, split in enumerate(["probe"] * 4 + ["train"] * 12 + ["holdout"] * 2)
        ]
        (directory / "sums.jsonl").write_text("\n".join(map(json.dumps, lines)))
        for words in (["tasks", "add", str(directory / "sums.jsonl")], ["probe"], ["teach"]):
            assert run([*words, "-w", str(directory), "--quiet"]) == 0
    return directory


@pytest.fixture
def file(made: Path, tmp_path: Path) -> Path:
    path = tmp_path / "shared.orca"
    bundle.write(Workspace.open(made), path)
    return path


@pytest.mark.slow
def test_everything_is_repeated_from_it_without_a_network(made: Path, file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    assert run(["bundle", "read", str(file), str(copy)]) == 0
    assert offline(copy, "report") == offline(made, "report")
    # The student itself is not in it: whoever reads it has the file under the same name.
    student = Workspace.open(made).settings.student.file
    (copy / Path(student).name).write_bytes(Path(student).read_bytes())
    probed = json.loads(offline(copy, "probe", "--json"))
    assert probed["generations"]["new"] == 0 < probed["generations"]["cached"]
    taught = json.loads(offline(copy, "teach", "--json"))
    assert taught["calls"] == {"new": 0, "cached": 12, "failed": 0}
    assert "mine" in (copy / "strategies.toml").read_text()


def test_it_holds_no_key_and_no_path_of_this_machine(made: Path, file: Path) -> None:
    content = file.read_bytes()
    for secret in (KEY, str(made), str(Path.home()), str(made.parent)):
        assert secret.encode() not in content


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/me/models/a.gguf", "a.gguf"),
        ("C:\\Users\\me\\a.gguf", "a.gguf"),
        ("\\\\server\\share\\a.gguf", "a.gguf"),
        ("~/a.gguf", "a.gguf"),
        ("https://api.example/v1", "https://api.example/v1"),
        ("models/a.gguf", "models/a.gguf"),
        ("3/4 of it", "3/4 of it"),
    ],
)
def test_paths_are_cut_to_their_last_part(text: str, expected: str) -> None:
    assert without_directories({"x": [text]}) == {"x": [expected]}


def change(statement: str) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        database = sqlite3.connect(path)
        database.execute(statement)
        database.commit()
        database.close()

    return apply


def downgraded(statement: str) -> Callable[[Path], None]:
    """The change, in a bundle that claims to be of format 1, which has no digest over its settings."""

    def apply(path: Path) -> None:
        change("UPDATE bundle SET value_json = '1' WHERE name = 'format'")(path)
        change(statement)(path)

    return apply


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (change("UPDATE samples SET answer_json = '[\"1\"]' WHERE id = 'train5'"), "changed.*rows of samples"),
        (change("UPDATE teacher_calls SET response_json = '{}'"), "changed.*rows of teacher_calls"),
        (change("DELETE FROM demonstrations"), "changed.*rows of demonstrations"),
        (change("CREATE TRIGGER evil AFTER INSERT ON tasks BEGIN SELECT 1; END"), "'evil' differs"),
        (change("CREATE VIEW evil AS SELECT 1"), "'evil' differs"),
        (change("DROP TABLE bundle"), "is not a bundle"),
        (change("UPDATE bundle SET value_json = '99' WHERE name = 'format'"), "has format 99"),
        (
            downgraded("UPDATE bundle SET value_json = '{\"../../evil.toml\": \"x\"}' WHERE name = 'files'"),
            r"would write '\.\./\.\./evil\.toml'",
        ),
        (
            downgraded("UPDATE bundle SET value_json = '{\"teacher\": {\"key\": 1}}' WHERE name = 'settings'"),
            "contains invalid settings",
        ),
        (change("UPDATE bundle SET value_json = '{}' WHERE name = 'settings'"), "changed.*its settings or its files"),
        (change("UPDATE bundle SET value_json = '{}' WHERE name = 'files'"), "changed.*its settings or its files"),
        (change("DELETE FROM bundle WHERE name = 'digest'"), "changed.*its settings or its files"),
        (change("INSERT INTO bundle VALUES ('more', '1')"), "changed.*its settings or its files"),
        (change("UPDATE bundle SET value_json = 'x' WHERE name = 'digests'"), "cannot be read"),
        (change("UPDATE bundle SET value_json = 'true' WHERE name = 'format'"), "has format True"),
        (change("CREATE TRIGGER xsqlite_evil AFTER INSERT ON tasks BEGIN SELECT 1; END"), "xsqlite_evil' differs"),
        (change("DELETE FROM _sqlite_migrations WHERE id > (SELECT max(id) - 2 FROM _sqlite_migrations)"), "differs"),
        (change("INSERT INTO _sqlite_migrations VALUES (99, 'orca_local', '9999_new', 'now')"), "newer orca-local"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "shared.orca"),
        (lambda path: path.write_bytes(b"not a database" * 100), "is not a bundle"),
        (lambda path: path.unlink(), "no file"),
    ],
)
def test_a_file_that_was_changed_is_refused_and_leaves_nothing(
    file: Path, tmp_path: Path, spoil: Callable[[Path], Any], message: str
) -> None:
    spoil(file)
    with pytest.raises(InputError, match=message):
        bundle.read(file, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused_or_unharmed_and_leaves_nothing(file: Path, tmp_path: Path, name: str) -> None:
    for seed in range(4):
        damaged = Path(shutil.copy(file, tmp_path / f"{seed}.orca"))
        FILES[name](damaged, random.Random(seed))
        copy = tmp_path / "new" / f"copy{seed}"
        try:
            bundle.read(damaged, copy)
        except InputError as error:
            assert error.hint and "rescue" not in error.hint
            assert not (tmp_path / "new").exists()
        else:
            shutil.rmtree(tmp_path / "new")


def test_rows_that_refer_to_nothing_are_refused_and_leave_nothing_in_a_directory_with_files(
    file: Path, tmp_path: Path
) -> None:
    from orca_local.store.bundle import _digest
    from orca_local.store.connection import Connection

    connection = Connection(file)
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("DELETE FROM tasks")
    connection.execute("UPDATE bundle SET value_json = '1' WHERE name = 'format'")  # without a digest of the manifest
    digests = json.loads(connection.rows("SELECT value_json FROM bundle WHERE name = 'digests'")[0][0])
    digests["tasks"] = _digest(connection, "tasks")
    connection.execute("UPDATE bundle SET value_json = ? WHERE name = 'digests'", [json.dumps(digests)])
    connection.close()
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="do not belong together"):
        bundle.read(file, tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["notes.txt"]


def test_a_model_outside_the_workspace_is_refused(file: Path, tmp_path: Path) -> None:
    """Somebody who also mends the digest gets no further."""
    from orca_local.store.bundle import _digest, _manifest_digest
    from orca_local.store.connection import Connection

    connection = Connection(file)
    connection.execute("UPDATE models SET path = '../../etc/passwd'")
    digests = json.loads(connection.rows("SELECT value_json FROM bundle WHERE name = 'digests'")[0][0])
    digests["models"] = _digest(connection, "models")
    texts = {row["name"]: row["value_json"] for row in connection.rows("SELECT * FROM bundle WHERE name != 'digest'")}
    texts["digests"] = json.dumps(digests)
    for name, text in {**texts, "digest": json.dumps(_manifest_digest(texts))}.items():
        connection.execute("UPDATE bundle SET value_json = ? WHERE name = ?", [text, name])
    connection.close()
    with pytest.raises(InputError, match="outside the workspace"):
        bundle.read(file, tmp_path / "copy")


def test_nothing_is_overwritten(made: Path, file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exists already"):
        bundle.write(Workspace.open(made), file)
    with pytest.raises(InputError, match="is a workspace already"):
        bundle.read(file, made)
    with pytest.raises(InputError, match="nowhere"):
        bundle.write(Workspace.open(made), tmp_path / "nowhere" / "x.orca")
    assert not list(tmp_path.glob("*.part"))


def test_a_run_that_version_0_1_0_stored_as_export_of_the_base_is_read_as_base(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    with workspace.store() as store:
        for inputs in (weights_provenance("w"), weights_provenance("w") | {ADAPTER_SHA256: "a"}, {}):
            run_id = store.runs.start("export", "{}", {})
            store.runs.record_inputs(run_id, inputs)
            store.runs.finish(run_id, "done")
    bundle.write(workspace, tmp_path / "a.orca")
    bundle.read(tmp_path / "a.orca", tmp_path / "copy")
    with Workspace.open(tmp_path / "copy").store() as store:
        assert [run.stage for run in reversed(store.runs.list())] == ["base", "export", "export"]
