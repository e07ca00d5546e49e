"""Exports that are interrupted: killed, or on a full disk."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orca_local.domain.errors import MissingError
from orca_local.gguf.header import read_header
from orca_local.store.store import Store
from orca_local.system.digest import file_sha256
from orca_local.system.files import scratch_directory, write_if_changed
from tests.export.scene import run_base

ROOT = Path(__file__).resolve().parents[2]


def start(gguf: Path, directory: Path, *types: str, limit: int | None = None) -> subprocess.Popen[str]:
    def limit_files() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "tests.export.child", str(gguf), str(directory), *types],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit_files,
    )


def processes_naming(text: str) -> list[str]:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            lines.append(line)
    return lines


@pytest.fixture(scope="module")
def wanted_sha256(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Hash of the file of an export without interruption."""
    directory = tmp_path_factory.mktemp("whole")
    with Store.open(directory / "orca.db", create=True) as store:
        list(run_base(store, tiny_gguf, directory / "out"))
    return file_sha256(directory / "out" / "tiny-base-Q8_0.gguf")


POINTS: dict[str, Callable[[Path], bool]] = {
    "while merging": lambda out: (out / "base.export.part" / "F16.gguf").exists(),
    "while quantizing": lambda out: (out / "base.export.part" / "Q8_0.gguf").exists(),
    "after the file has its name": lambda out: (out / "tiny-base-Q8_0.gguf").exists(),
}


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_export_leaves_no_half_and_ends_the_same(
    point: str, tiny_gguf: Path, tmp_path: Path, wanted_sha256: str
) -> None:
    out = tmp_path / "out"
    target = out / "tiny-base-Q8_0.gguf"
    process = start(tiny_gguf, tmp_path, "Q8_0")
    deadline = time.monotonic() + 60
    while not POINTS[point](out):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.0005)
    process.kill()
    process.communicate()
    if target.exists():
        assert file_sha256(target) == wanted_sha256
    with Store.open(tmp_path / "orca.db") as store:
        list(run_base(store, tiny_gguf, out))
        assert len(store.exports.list()) == 1
    assert file_sha256(target) == wanted_sha256
    assert not list(tmp_path.rglob("*.part"))
    while processes_naming(str(tmp_path)):
        assert time.monotonic() < deadline, "the quantizer continues without its parent"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_kill_after_the_export_was_recorded_leaves_a_directory_that_the_next_export_removes(
    tiny_gguf: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with Store.open(tmp_path / "orca.db", create=True) as store:
        list(run_base(store, tiny_gguf, out))
        (out / "base.export.part").mkdir()
        (out / "base.export.part" / "F16.gguf").touch()
        list(run_base(store, tiny_gguf, out))
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(("types", "limit"), [(["Q8_0"], 3_000_000), (["F32"], 6_500_000)])
def test_a_file_that_cannot_grow_leaves_nothing_and_says_so(
    types: list[str], limit: int, tiny_gguf: Path, tmp_path: Path
) -> None:
    """Trap 6: the write fails midway: of the merged file in the first case, in llama.cpp in the second."""
    process = start(tiny_gguf, tmp_path, *types, limit=limit)
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 1
    assert MissingError.__name__ in said and "the disk is full" in said and "bytes are free" in said.replace(")", "")
    assert not list((tmp_path / "out").iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a file system of a given size in bytes. Needs root."""
    mounted: list[Path] = []

    def mount(size: int) -> Path:
        path = tmp_path / "disk"
        path.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
        if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting a file system is not allowed here")
        mounted.append(path)
        return path

    yield mount
    for path in mounted:
        subprocess.run(["umount", str(path)], check=True)


@pytest.mark.parametrize(("types", "size"), [(["Q8_0"], 5_000_000), (["F32"], 10_500_000)])
def test_a_full_disk_leaves_nothing_and_says_what_it_takes(
    types: list[str], size: int, tiny_gguf: Path, tmp_path: Path, small_disk: Callable[[int], Path]
) -> None:
    """Trap 6: a disk that is really full, while the merged file is written and while llama.cpp writes."""
    disk = small_disk(size)
    with Store.open(tmp_path / "orca.db", create=True) as store:
        with pytest.raises(MissingError, match=r"the disk is full.*needs about .* bytes.* are free") as raised:
            list(run_base(store, tiny_gguf, disk / "out", types))
        assert raised.value.hint
        assert not list((disk / "out").iterdir())
        assert store.exports.latest("base") is None


def test_a_disk_that_is_too_small_is_refused_before_the_work(
    tiny_gguf: Path, tmp_path: Path, small_disk: Callable[[int], Path]
) -> None:
    disk = small_disk(2_000_000)
    parameters = read_header(tiny_gguf).parameters
    with Store.open(tmp_path / "orca.db", create=True) as store, pytest.raises(MissingError) as raised:
        list(run_base(store, tiny_gguf, disk / "out"))
    assert f"needs at least {3 * parameters:,} bytes" in raised.value.message and "free;" in raised.value.message


def test_a_small_file_is_written_whole_and_only_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "card.md"
    write_if_changed(path, "one")
    before = path.stat().st_mtime_ns
    write_if_changed(path, "one")
    assert path.stat().st_mtime_ns == before
    write_if_changed(path, "two")
    assert path.read_text() == "two" and list(tmp_path.iterdir()) == [path]


def test_an_interrupt_as_soon_as_the_scratch_directory_is_made_clears_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = Path.mkdir

    def make(path: Path, **options: bool) -> None:
        mkdir(path, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", make)
    scratch = tmp_path / "base.export.part"
    with pytest.raises(KeyboardInterrupt), scratch_directory(scratch):
        pytest.fail("entered")
    assert not scratch.exists()
