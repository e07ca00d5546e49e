"""Checkpoints on a disk that fills up, and after a death between two renames."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.domain.errors import MissingError
from tests.limits import small_files
from tests.train.data import make_rows
from tests.train.test_torch import curve, run


@pytest.fixture(scope="module")
def sizes(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Bytes of each file of a whole checkpoint."""
    directory = tmp_path_factory.mktemp("whole")
    list(run(tiny_gguf, make_rows(tiny_gguf), directory))
    newest = max(directory.glob("step-*"))
    return {path.name: path.stat().st_size for path in newest.iterdir()}


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "optimizer.safetensors"])
def test_a_full_disk_is_said_and_leaves_no_part(
    tiny_gguf: Path, tmp_path: Path, sizes: dict[str, int], name: str
) -> None:
    with small_files(sizes[name] - 1000), pytest.raises(MissingError, match="disk is full"):
        list(run(tiny_gguf, make_rows(tiny_gguf), tmp_path))
    assert not list(tmp_path.rglob("*.part"))


def test_training_goes_on_when_there_is_room_again(tiny_gguf: Path, tmp_path: Path) -> None:
    rows = make_rows(tiny_gguf)
    straight = curve(list(run(tiny_gguf, rows, tmp_path / "straight")))
    events = run(tiny_gguf, rows, tmp_path / "stopped")
    while len(curve([next(events)])) == 0 or not list((tmp_path / "stopped").glob("step-*")):
        continue
    with small_files(1000), pytest.raises(MissingError):
        list(events)
    rest = curve(list(run(tiny_gguf, rows, tmp_path / "stopped")))
    assert rest == straight[-len(rest) :] and len(rest) < len(straight)


def test_a_best_adapter_that_was_set_aside_when_the_process_died_is_put_back(tiny_gguf: Path, tmp_path: Path) -> None:
    rows = make_rows(tiny_gguf)
    list(run(tiny_gguf, rows, tmp_path))
    (tmp_path / "best").rename(tmp_path / "best.old")
    list(run(tiny_gguf, rows, tmp_path))
    assert (tmp_path / "best" / "adapter_config.json").is_file()
    assert not (tmp_path / "best.old").exists()
