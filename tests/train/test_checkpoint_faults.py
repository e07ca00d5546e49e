"""Checkpoints on a disk that fills up, and damaged checkpoints."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from orca_local.adapters.adapter import adapter_sha256
from orca_local.domain.errors import InputError, MissingError
from orca_local.domain.events import CheckpointSaved, Event, TrainingResumed, Warned
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import read_header
from orca_local.rows.training_row import TrainingRow
from orca_local.train.batches import split_validation
from orca_local.train.checkpoint import Checkpoints, LoopState, load_result
from orca_local.train.loop import run_loop
from orca_local.train.recipe import Recipe
from orca_local.train.torch.backend import TorchBackend
from tests.limits import small_files
from tests.train.scene import curve, recipe_for, run

SMALL = TrainSettings(
    rank=2, alpha=4, learning_rate=5e-3, batch_size=8, max_steps=8, validate_every=2, checkpoint_every=2
)


@pytest.fixture(scope="module")
def recipe(rows: Sequence[TrainingRow]) -> Recipe:
    return recipe_for(rows, SMALL)


@pytest.fixture(scope="module")
def whole(
    tiny_gguf: Path, rows: Sequence[TrainingRow], recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Event]]:
    """A complete training."""
    directory = tmp_path_factory.mktemp("whole")
    return directory, list(run(tiny_gguf, rows, directory, recipe))


@pytest.fixture
def stopped(tiny_gguf: Path, rows: Sequence[TrainingRow], recipe: Recipe, tmp_path: Path) -> Path:
    """The same training after six steps: checkpoints after four and six, and the best adapter of each."""
    return stop_after(6, tiny_gguf, rows, tmp_path / "stopped", recipe)


def stop_after(step: int, gguf: Path, rows: Sequence[TrainingRow], directory: Path, recipe: Recipe) -> Path:
    for event in run(gguf, rows, directory, recipe):
        if isinstance(event, CheckpointSaved) and event.step == step:
            break
    return directory


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def delete(path: Path) -> None:
    path.unlink()


FILES = ["adapter_config.json", "adapter_model.safetensors", "optimizer.safetensors", "state.json"]


def test_a_damaged_checkpoint_is_said_and_the_one_before_it_is_taken(
    tiny_gguf: Path, rows: list[TrainingRow], recipe: Recipe, stopped: Path, whole: tuple[Path, list[Event]]
) -> None:
    assert {path.name for path in (stopped / "step-000006").iterdir()} == set(FILES)
    for file in FILES:
        for damage in (flip, cut, delete):
            place = stopped.with_name(f"{file}-{damage.__name__}")
            shutil.copytree(stopped, place)
            damage(place / "step-000006" / file)
            events = run(tiny_gguf, rows, place, recipe)
            warned, resumed = next(events), next(events)
            assert isinstance(warned, Warned) and f"step-000006/{file}" in warned.message, (file, damage)
            assert resumed == TrainingResumed(4, str(place / "step-000004"))
            events.close()
    flip(stopped / "step-000006" / "optimizer.safetensors")
    assert curve(list(run(tiny_gguf, rows, stopped, recipe))) == curve(whole[1])[4:]
    assert adapter_sha256(load_result(stopped)[1]) == adapter_sha256(load_result(whole[0])[1])
    assert sorted(path.name for path in stopped.glob("step-*")) == ["step-000006", "step-000008"]


def test_a_checkpoint_whose_best_adapter_is_damaged_is_not_whole(
    tiny_gguf: Path, rows: list[TrainingRow], recipe: Recipe, stopped: Path
) -> None:
    best = load_result(stopped)[1]
    assert best == stopped / "best-000006" and (stopped / "best-000004").is_dir()
    flip(best / "adapter_model.safetensors")
    assert [e.step for e in run(tiny_gguf, rows, stopped, recipe) if isinstance(e, TrainingResumed)] == [4]


def test_where_no_checkpoint_is_whole_it_says_so_and_begins_anew(
    tiny_gguf: Path, rows: list[TrainingRow], recipe: Recipe, stopped: Path, whole: tuple[Path, list[Event]]
) -> None:
    for path in stopped.glob("step-*"):
        cut(path / "optimizer.safetensors")
    train, held = split_validation(rows, recipe.validation_share)
    backend = TorchBackend(read_header(tiny_gguf), recipe, "float32")
    with pytest.raises(InputError, match=r"no complete checkpoint: .*step-000006.*step-000004"):
        list(run_loop(backend, train, held, recipe, stopped, must_resume=True))
    events = list(run(tiny_gguf, rows, stopped, recipe))
    assert isinstance(events[0], Warned) and "starts again" in events[0].message
    assert curve(events) == curve(whole[1])


def test_a_checkpoint_that_was_being_written_is_cleared(
    tiny_gguf: Path, rows: list[TrainingRow], recipe: Recipe, stopped: Path
) -> None:
    (stopped / "step-000006").rename(stopped / "step-000006.part")
    shutil.copytree(stopped / "best-000004", stopped / "best-000006.part")
    assert [e.step for e in run(tiny_gguf, rows, stopped, recipe) if isinstance(e, TrainingResumed)] == [4]
    assert not list(stopped.glob("*.part"))


def test_the_checkpoints_of_another_training_are_refused(
    tiny_gguf: Path, rows: list[TrainingRow], recipe: Recipe, stopped: Path
) -> None:
    before = {path: path.read_bytes() for path in stopped.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=r"another training: learning_rate was 0\.005 and is 0\.001"):
        list(run(tiny_gguf, rows, stopped, replace(recipe, learning_rate=1e-3)))
    with pytest.raises(InputError, match="2 rows were removed"):
        list(run(tiny_gguf, rows[:-2], stopped, recipe))
    assert {path: path.read_bytes() for path in stopped.rglob("*") if path.is_file()} == before
    reordered = run(tiny_gguf, rows[::-1], stopped, replace(recipe, checkpoint_every=1))
    assert next(reordered) == TrainingResumed(6, str(stopped / "step-000006"))
    reordered.close()


def test_the_order_of_the_rows_has_no_effect(
    tiny_gguf: Path, rows: list[TrainingRow], recipe: Recipe, tmp_path: Path, whole: tuple[Path, list[Event]]
) -> None:
    assert curve(list(run(tiny_gguf, rows[::-1], tmp_path, recipe))) == curve(whole[1])


def test_a_full_disk_is_said_whichever_file_meets_it(tiny_gguf: Path, recipe: Recipe, tmp_path: Path) -> None:
    state = TorchBackend(read_header(tiny_gguf), recipe, "float32").state()
    for name, steps in (("adapter_model.safetensors", 2), ("optimizer.safetensors", 2), ("state.json", 100_000)):
        checkpoints, loop = Checkpoints(tmp_path), LoopState(steps, [1.5] * steps)
        whole = checkpoints.save(loop, state)
        sizes = {path.name: path.stat().st_size for path in whole.iterdir()}
        shutil.rmtree(whole)
        with small_files(sizes[name] - 10), pytest.raises(MissingError, match=rf"{whole.name} .*disk is full"):
            checkpoints.save(loop, state)
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "validate_every"), [("best-000001", 1), ("step-000002", 8)])
def test_a_full_disk_at_the_best_adapter_or_a_checkpoint(
    tiny_gguf: Path, rows: list[TrainingRow], recipe: Recipe, tmp_path: Path, name: str, validate_every: int
) -> None:
    recipe = replace(recipe, validate_every=validate_every)
    with small_files(8000), pytest.raises(MissingError, match=rf"{name} .*disk is full"):
        list(run(tiny_gguf, rows, tmp_path, recipe))
    assert json.loads((tmp_path / "inputs.json").read_text())["recipe"]["rank"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["inputs.json"]


def test_training_goes_on_when_there_is_room_again(
    tiny_gguf: Path, rows: list[TrainingRow], recipe: Recipe, stopped: Path, whole: tuple[Path, list[Event]]
) -> None:
    with small_files(8000), pytest.raises(MissingError):
        list(run(tiny_gguf, rows, stopped, recipe))
    assert curve(list(run(tiny_gguf, rows, stopped, recipe))) == curve(whole[1])[6:]
