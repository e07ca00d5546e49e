"""The cache directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.system.cache import cache_directory, recall, remember


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ORCA_LOCAL_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_environment_names_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_directory() == tmp_path / "xdg" / "orca-local"
    monkeypatch.setenv("ORCA_LOCAL_CACHE", str(tmp_path / "mine"))
    assert cache_directory() == tmp_path / "mine"


def test_a_cache_of_version_0_1_stays_in_use_on_every_system(home: Path) -> None:
    """Before, macOS and Windows had it there too; its models are not fetched again."""
    earlier = home / ".cache" / "orca-local"
    earlier.mkdir(parents=True)
    assert cache_directory() == earlier


def test_values_are_remembered_and_an_unwritable_cache_is_ignored(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCA_LOCAL_CACHE", str(home / "cache"))
    remember("speed", {"bf16": 2})
    remember("amx", True)
    assert recall("speed") == {"bf16": 2} and recall("amx") is True and recall("other") is None
    (home / "file").touch()
    monkeypatch.setenv("ORCA_LOCAL_CACHE", str(home / "file" / "below"))
    remember("speed", 1)
    assert recall("speed") is None
