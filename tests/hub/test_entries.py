from __future__ import annotations

import os
import stat
from pathlib import Path

from orca_local.hub.entries import Entries


def test_an_entry_is_for_its_owner_alone_and_read_back(tmp_path: Path) -> None:
    entries = Entries(tmp_path / "new" / "place")
    assert entries.load("a") is None
    entries.save("a", b"content")
    entries.save("a", b"other")
    assert entries.load("a") == b"other"
    assert stat.S_IMODE((entries.directory / "a").stat().st_mode) == 0o600
    assert [path.name for path in entries.directory.iterdir()] == ["a"]


def test_a_damaged_entry_counts_as_missing(tmp_path: Path) -> None:
    entries = Entries(tmp_path)
    entries.save("a", b"content" * 100)
    path = tmp_path / "a"
    whole = path.read_bytes()
    for damaged in (whole[:-1], b"", whole[:5], whole[:50] + b"!" + whole[51:], whole + b" "):
        path.write_bytes(damaged)
        assert entries.load("a") is None
    path.unlink()
    path.mkdir()
    assert entries.load("a") is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    entries = Entries(tmp_path)
    entries.save("real", b"content")
    (tmp_path / "a").symlink_to(tmp_path / "real")
    assert entries.load("a") is None
    entries.save("a", b"own")
    assert entries.load("real") == b"content" and entries.load("a") == b"own"


def test_unfinished_files_of_killed_processes_are_removed(tmp_path: Path) -> None:
    entries = Entries(tmp_path)
    old, new = tmp_path / "000001.12.ab.part", tmp_path / "000002.13.ab.part"
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    entries.remove_abandoned()
    assert not old.exists() and new.exists()
