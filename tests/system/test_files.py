from __future__ import annotations

import os
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError, MissingError
from orca_local.system.files import whole_directory, whole_file, write_whole
from tests.limits import small_files


def test_a_file_is_replaced_and_a_link_to_it_stays(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old")
    link.symlink_to(file)
    write_whole(link, "new ☃\n", hint="")
    assert link.is_symlink() and file.read_bytes() == "new ☃\n".encode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, "text", hint="")
        assert os.read(reader, 10) == b"text"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_full_disk_leaves_the_old_text_and_no_part(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    with small_files(100), pytest.raises(MissingError, match="disk is full"):
        write_whole(file, "x" * 1000, hint="")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.read_text() == "old"


@pytest.mark.parametrize("name", ["nowhere/file", ".", "file/below", "x" * 300])
def test_a_place_that_cannot_be_written_is_bad_input(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written") as caught:
        write_whole(tmp_path / name, "text", hint="name another place")
    assert caught.value.hint == "name another place"


def test_a_block_that_fails_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(file) as part:
        part.write_text("half")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and file.read_text() == "old"


def test_only_temporary_files_of_killed_processes_are_removed(tmp_path: Path) -> None:
    killed, running, other = (tmp_path / name for name in ("model[1].7.part", "model[1].8.part", "model1.7.part"))
    for path in (killed, running, other):
        path.touch()
    for path in (killed, other):
        os.utime(path, (0, 0))
    with whole_file(tmp_path / "model[1]", many_writers=True) as part:
        part.touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model1.7.part", "model[1]", "model[1].8.part"]


def test_a_directory_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "step"
    (tmp_path / "step.part").mkdir()
    (tmp_path / "step.part" / "left by a killed process").touch()
    with whole_directory(target) as part:
        (part / "one").write_text("1")
    with pytest.raises(ValueError, match="no"), whole_directory(target) as part:
        (part / "two").write_text("2")
        raise ValueError("no")
    assert [path.name for path in tmp_path.iterdir()] == ["step"]
    assert [path.name for path in target.iterdir()] == ["one"]


def test_a_pipe_that_nobody_reads_is_not_waited_for_and_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="a pipe that nobody reads from"):
        write_whole(tmp_path / "pipe", "text", hint="choose another path")
    with pytest.raises(FileExistsError, match="not a file"), whole_file(tmp_path / "pipe") as part:
        part.write_text("text")
    assert (tmp_path / "pipe").is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_what_a_database_leaves_beside_its_temporary_file_is_removed_too(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), whole_file(tmp_path / "a.db") as part:
        part.with_name(f"{part.name}-wal").write_bytes(b"x")
        raise OSError("the disk is full")
    abandoned = tmp_path / f"a.db.{2**22}.0123abcd.part-shm"
    abandoned.touch()
    with whole_file(tmp_path / "a.db"):
        assert not abandoned.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]
