"""A workspace can be moved and copied: what it stores about its own files holds wherever it is."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.settings import StudentSettings
from orca_local.models.moved import find_student
from orca_local.runs.workspace import Workspace
from orca_local.store.check import table_columns
from orca_local.store.connection import Connection
from orca_local.store.migrate import migrate
from orca_local.store.places import path_in_workspace
from orca_local.store.schema import STEPS
from orca_local.store.store import Store
from tests.store.full import make_full
from tests.workspaces import run_command

BEFORE = [name for name, _ in STEPS].index("0008_relative_paths")


def stored_texts(path: Path) -> list[str]:
    """Every text in a database."""
    with closing(sqlite3.connect(path)) as connection:
        return [
            value
            for table in table_columns()
            for row in connection.execute(f"SELECT * FROM {table}")
            for value in row
            if isinstance(value, str)
        ]


def tree(directory: Path) -> dict[str, tuple[int, bytes]]:
    """Time of change and content of every file, without those of an open database."""
    files = (
        path for path in sorted(directory.rglob("*")) if path.is_file() and path.suffix not in (".db-wal", ".db-shm")
    )
    return {str(path.relative_to(directory)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.mark.slow
def test_no_stored_value_names_the_directory_of_the_workspace(taught: Path, tmp_path: Path) -> None:
    directory = make_full(taught, tmp_path / "workspace")
    texts = stored_texts(directory / "orca.db")
    assert not [text for text in texts if str(directory) in text or str(taught) in text]
    with Workspace.open(directory).store() as store:
        assert {Path(row.path).parent for row in store.exports.list()} == {directory / "exports"}
        training, adapter = store.trainings.latest(), store.adapters.latest()
        assert training is not None and Path(training.directory).parent == directory / "adapters"
        assert adapter is not None and Path(adapter.path).parent == Path(training.directory)
        run = store.runs.newest_by_stage()["train"]
        finished = store.runs.last_of(run.run_id, "StageFinished")
        assert finished is not None and finished.payload["summary"]["adapter"] == adapter.path


@pytest.mark.slow
def test_a_copy_writes_nothing_into_the_original(taught: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(taught, tmp_path / "copy"))
    before = tree(taught)
    export = next((copy / "exports").glob("*.gguf"))
    for companion in (copy / "exports").glob("*.Modelfile"):
        companion.unlink()
    run_command(copy, "probe", "--samples", "2")
    assert tree(taught) == before
    with Workspace.open(copy).store() as store:
        assert [row.path for row in store.exports.list("base")] == [str(export)]


@pytest.mark.slow
def test_a_copy_without_its_exports_makes_its_own(taught: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(taught, tmp_path / "copy"))
    shutil.rmtree(copy / "exports")
    before = tree(taught)
    run_command(copy, "probe", "--samples", "1")
    assert [*(copy / "exports").glob("*.gguf")] and tree(taught) == before


def add_old_rows(connection: Connection, root: str, position: int) -> None:
    """Rows of version 0007, which stored absolute paths."""
    now = "2026-01-01T00:00:00.000+00:00"
    if position == 1:
        values = {"id": 1, "stage": "train", "status": "done", "settings_json": "{}", "versions_json": "{}", "pid": 1}
        values |= {"process_started": "", "host": "", "error": "", "started_at": now, "heartbeat_at": now}
        connection.insert("runs", values | {"inputs_json": f'{{"output":"{root}/runs/1.log"}}'})
        payload = f'{{"stage":"train","summary":{{"adapter":"{root}/adapters/k/adapter","steps":3}}}}'
        event = {"run_id": 1, "seq": 1, "kind": "StageFinished", "payload_json": payload, "created_at": now}
        connection.insert("events", event)
        training = {"id": 1, "key": "k", "run_id": 1, "weights_sha256": "w", "recipe_json": "{}", "rows": 1}
        training |= {"directory": f"{root}/adapters/k", "status": "running", "summary_json": "{}", "created_at": now}
        connection.insert("trainings", training)
    adapter = {"training_id": 1, "path": f"{root}/adapters/k/adapter", "sha256": "a", "weights_sha256": "w", "step": 3}
    adapter_id = connection.insert_for_id("adapters", adapter | {"position": position, "created_at": now})
    path = f"{root}/exports/tiny-tuned-Q8_0.gguf"
    model = {"path": path, "sha256": f"m{position}", "architecture": "llama", "quantization": "Q8_0", "parameters": 1}
    connection.insert("models", model | {"created_at": now})
    export = {"run_id": 1, "name": "tuned", "path": path, "sha256": "f", "quantization": "Q8_0", "bytes": 1}
    connection.insert("exports", export | {"adapter_id": adapter_id, "acceptance_json": "{}", "created_at": now})


@pytest.mark.parametrize("roots", [["/here/ws"], ["/old/place", "/here/ws"], ["C:\\Users\\me\\ws"]])
def test_paths_of_the_version_before_are_made_relative_also_of_a_moved_workspace(
    tmp_path: Path, roots: list[str]
) -> None:
    path = tmp_path / "orca.db"
    with closing(Connection(path)) as connection:
        migrate(connection, STEPS[:BEFORE])
        for position, root in enumerate(roots, 1):
            add_old_rows(connection, root.replace("\\", "/"), position)
    with Store.open(path) as store:
        assert {row.path for row in store.exports.list()} == {str(tmp_path / "exports/tiny-tuned-Q8_0.gguf")}
        assert {row.adapter_id for row in store.exports.list()} == {len(roots)}
        adapter, training, run = store.adapters.latest(), store.trainings.latest(), store.runs.get(1)
        assert adapter is not None and adapter.path == str(tmp_path / "adapters/k/adapter")
        assert training is not None and training.directory == str(tmp_path / "adapters/k")
        finished = store.runs.last_of(1, "StageFinished")
        assert finished is not None and finished.payload["summary"]["adapter"] == adapter.path
        assert run.inputs == {"output": "runs/1.log"}
    assert not [text for text in stored_texts(path) if any(root in text for root in roots)]


def test_only_what_the_stages_make_is_made_relative() -> None:
    assert path_in_workspace("/a/b/exports/x.gguf") == "exports/x.gguf"
    assert path_in_workspace("C:\\w\\adapters\\k\\adapter") == "adapters/k/adapter"
    assert path_in_workspace("/w/seeds/7-ab/adapters/k/adapter") == "seeds/7-ab/adapters/k/adapter"
    assert path_in_workspace("/w/runs/20260101-teach.log") == "runs/20260101-teach.log"
    for path in ("/models/tiny.gguf", "exports/x.gguf", "scripted", ""):
        assert path_in_workspace(path) == path


@pytest.mark.parametrize("place", ["workspace", "models", "beside"])
def test_a_moved_student_is_found_by_its_hash(
    taught: Path, tmp_path: Path, tiny_gguf: Path, tiny_gguf_untied: Path, models: Path, place: str
) -> None:
    copy = Path(shutil.copytree(taught, tmp_path / "copy"))
    gone = tmp_path / "gone" / "tiny.gguf"
    gone.parent.mkdir()
    found = {"workspace": copy, "models": models / "some", "beside": gone.parent}[place] / "renamed.gguf"
    found.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(tiny_gguf, found)
    shutil.copy(tiny_gguf_untied, copy / "tiny.gguf")  # the same name, another model
    with Workspace.open(copy).store() as store:
        student = find_student(store, StudentSettings(file=str(gone)), copy)
        assert student.weights.path == found and student.moved_from == str(gone)
        found.unlink()
        with pytest.raises(InputError, match="there is no model file"):
            find_student(store, StudentSettings(file=str(gone)), copy)


def test_the_settings_name_a_student_inside_the_workspace_by_its_place_there(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws", student=tmp_path / "ws" / "models" / "tiny.gguf")
    assert workspace.settings.student.file == "models/tiny.gguf"
    outside = Workspace.create(tmp_path / "other", student=tmp_path / "tiny.gguf")
    assert outside.settings.student.file == str(tmp_path / "tiny.gguf")
