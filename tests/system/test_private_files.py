"""New files are for their owner alone, temporary names cannot be foreseen, and no link is followed."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orca_local.chat.transcript import Setup, save_conversations
from orca_local.runs.launch import launch
from orca_local.runs.lock import LOCK_FILE, workspace_lock
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store
from orca_local.system.files import remove_directory, scratch_directory, whole_file, write_if_changed, write_whole


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    try:
        yield request.param
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_a_workspace_holds_no_file_that_others_can_read(tmp_path: Path, umask: int) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    with workspace.store() as store:
        run_id = store.runs.start("teach", "{}", {})
        save_conversations(workspace.directory, [(Setup("base"), [])], datetime.now(UTC))
        write_whole(workspace.directory / "data.jsonl", "{}", hint="")
        assert {"orca.db", "orca.db-wal", "orca.db-shm", "orca.toml"} <= {p.name for p in workspace.directory.iterdir()}
        modes = {path: mode(path) for path in workspace.directory.rglob("*") if path.is_file()}
        assert {path: value for path, value in modes.items() if value != 0o600} == {}
        store.runs.finish(run_id, "done")
        store.copy_to(tmp_path / "copy.db")
    assert mode(tmp_path / "copy.db") == 0o600


def test_the_output_of_a_detached_command_is_private(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    before = os.umask(0)
    try:
        with pytest.raises(Exception, match="no probe samples"):
            launch(workspace, ["probe"])
    finally:
        os.umask(before)
    files = [*workspace.runs_dir.iterdir()]
    assert len(files) == 2 and {mode(path) for path in files} == {0o600}


@pytest.mark.parametrize("chosen", [0o640, 0o644, 0o666, 0o400])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path, chosen: int) -> None:
    path = tmp_path / "orca.toml"
    path.write_text("old")
    path.chmod(chosen)
    write_whole(path, "new", hint="")
    assert path.read_text() == "new" and mode(path) == chosen
    path.unlink()
    with Store.open(tmp_path / "orca.db", create=True):
        (tmp_path / "orca.db").chmod(0o660)
    with Store.open(tmp_path / "orca.db") as store:
        store.runs.start("teach", "{}", {})
        assert {mode(tmp_path / f"orca.db{end}") for end in ("", "-wal", "-shm")} == {0o660}


def test_what_is_given_to_others_has_the_permissions_of_the_umask(tmp_path: Path, umask: int) -> None:
    write_if_changed(tmp_path / "card.md", "text")
    assert mode(tmp_path / "card.md") == 0o666 & ~umask


def test_whoever_shares_a_workspace_can_read_its_lock(tmp_path: Path, umask: int) -> None:
    with Store.open(tmp_path / "orca.db", create=True) as store, workspace_lock(store, tmp_path, "teach"):
        assert mode(tmp_path / LOCK_FILE) == 0o666 & ~umask


def test_a_link_in_the_place_of_a_temporary_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in ("data.part", f"data.{os.getpid()}.part", f"data.{os.getpid()}.00000000.part"):
        (tmp_path / name).symlink_to(victim)
    write_whole(tmp_path / "data", "new", hint="")
    write_if_changed(tmp_path / "data", "newer")
    assert (tmp_path / "data").read_text() == "newer" and not (tmp_path / "data").is_symlink()
    assert victim.read_text() == "precious"


def test_a_link_in_the_place_of_a_temporary_directory_is_removed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    (tmp_path / "step.part").symlink_to(elsewhere)
    with scratch_directory(tmp_path / "step.part") as made:
        (made / "new").touch()
        assert not made.is_symlink() and mode(made) == 0o700
    (tmp_path / "step.part").symlink_to(elsewhere)
    remove_directory(tmp_path / "step.part")
    assert [path.name for path in elsewhere.iterdir()] == ["precious"] and not (tmp_path / "step.part").is_symlink()


def test_temporary_names_differ_and_are_those_of_new_files(tmp_path: Path) -> None:
    names = set()
    for _ in range(5):
        with whole_file(tmp_path / "data") as part:
            assert re.fullmatch(rf"data\.{os.getpid()}\.[0-9a-f]{{8}}\.part", part.name) and mode(part) == 0o600
            names.add(part.name)
    assert len(names) == 5


def test_two_writers_of_one_file_do_not_take_the_file_of_the_other(tmp_path: Path) -> None:
    with whole_file(tmp_path / "data") as first:
        first.write_text("first")
        with whole_file(tmp_path / "data") as second:
            second.write_text("second")
    assert (tmp_path / "data").read_text() == "first" and len([*tmp_path.iterdir()]) == 1


KILLED = """
import os, sys
from pathlib import Path
from orca_local.system.files import whole_file
with whole_file(Path(sys.argv[1])) as part:
    part.write_text("half")
    os.kill(os.getpid(), 9)
"""


def test_the_next_write_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    path = tmp_path / ("long name " * 24)[:240]
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, timeout=60)
    assert len([*tmp_path.iterdir()]) == 1
    other = tmp_path / "long name.1234.part"
    other.touch()
    write_whole(path, "whole", hint="")
    assert sorted(tmp_path.iterdir()) == sorted([path, other]) and path.read_text() == "whole"
