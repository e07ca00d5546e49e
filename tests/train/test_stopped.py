"""Trainings that are killed or interrupted at any moment end with the same curve and the same adapter."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from orca_local.adapters.adapter import adapter_sha256
from orca_local.domain.events import CheckpointSaved, Event, StepTrained, TrainingResumed, ValidationMeasured
from orca_local.gguf.header import read_header
from orca_local.rows.training_row import TrainingRow
from orca_local.system.signals import signals_as_interrupt
from orca_local.train.backend import StepResult
from orca_local.train.batches import Batch, length_batches, split_validation
from orca_local.train.checkpoint import load_result
from orca_local.train.torch.backend import TorchBackend
from tests.train.scene import STOPPED, curve, recipe_for, run


@pytest.fixture(scope="module")
def whole(
    tiny_gguf: Path, rows: Sequence[TrainingRow], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Event]]:
    """A training without interruption."""
    directory = tmp_path_factory.mktemp("whole")
    return directory, list(run(tiny_gguf, rows, directory, recipe_for(rows, STOPPED)))


@pytest.mark.slow
def test_killed_at_any_moment_it_ends_with_the_same_curve_and_the_same_adapter(
    tiny_gguf: Path, rows: list[TrainingRow], tmp_path: Path, whole: tuple[Path, list[Event]]
) -> None:
    seed = random_seed()
    arguments = [str(tiny_gguf), str(tmp_path / "killed"), str(tmp_path / "log"), str(seed)]
    subprocess.run([sys.executable, "-m", "tests.train.killed", *arguments], check=True, timeout=200)
    rest = list(run(tiny_gguf, rows, tmp_path / "killed", recipe_for(rows, STOPPED)))
    said = [tuple(json.loads(line)) for line in (tmp_path / "log").read_text().splitlines() if line.endswith("]")]
    assert len(said) >= 10, "each life had at least one step"
    straight = {step: (step, loss, norm) for step, loss, norm in curve(whole[1])}
    assert all(straight[step] == (step, loss, norm) for step, loss, norm in [*said, *curve(rest)]), f"seed {seed}"
    assert {step for step, *_ in [*said, *curve(rest)]} == set(straight)
    assert adapter_sha256(load_result(tmp_path / "killed")[1]) == adapter_sha256(load_result(whole[0])[1])
    assert load_result(tmp_path / "killed")[0] == load_result(whole[0])[0]


def random_seed() -> int:
    return int(os.environ.get("ORCA_LOCAL_TEST_SEED", time.time_ns() % 10**6))


class Pressed(TorchBackend):
    """Sends signals to this process while it computes."""

    def __init__(self, gguf: Path, rows: Sequence[TrainingRow], *numbers: signal.Signals) -> None:
        super().__init__(read_header(gguf), recipe_for(rows, STOPPED), "float32")
        self.numbers = list(numbers)
        self.at_step, self.at_validation = 0, 0
        self.done = 0

    def step(self, batch: Batch, learning_rate: float) -> StepResult:
        self.done += 1
        if self.done == self.at_step:
            self.press()
        return super().step(batch, learning_rate)

    def evaluate(self, batch: Batch) -> StepResult:
        if self.done == self.at_validation:
            self.press()
        return super().evaluate(batch)

    def press(self) -> None:
        while self.numbers:
            os.kill(os.getpid(), self.numbers.pop(0))
            time.sleep(0.6 if self.numbers else 0)


def stop(backend: Pressed, gguf: Path, rows: Sequence[TrainingRow], directory: Path) -> list[Event]:
    """The events until the interrupt comes through."""
    events: list[Event] = []
    with pytest.raises(KeyboardInterrupt), signals_as_interrupt():
        events.extend(run(gguf, rows, directory, recipe_for(rows, STOPPED), backend))
    return events


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_waits_for_the_step_and_saves_it(
    tiny_gguf: Path, rows: list[TrainingRow], tmp_path: Path, number: signal.Signals, whole: tuple[Path, list[Event]]
) -> None:
    backend = Pressed(tiny_gguf, rows, number)
    backend.at_step = 5
    before = signal.getsignal(number)
    events = stop(backend, tiny_gguf, rows, tmp_path)
    assert signal.getsignal(number) is before
    assert isinstance(events[-2], StepTrained) and events[-2].step == 5
    assert events[-1] == CheckpointSaved(5, str(tmp_path / "step-000005"), stopping=True)
    rest = list(run(tiny_gguf, rows, tmp_path, recipe_for(rows, STOPPED)))
    assert rest[0] == TrainingResumed(5, str(tmp_path / "step-000005"))
    assert curve(events) + curve(rest) == curve(whole[1])
    assert adapter_sha256(load_result(tmp_path)[1]) == adapter_sha256(load_result(whole[0])[1])


@pytest.mark.parametrize("step", [3, 30])
def test_an_interrupt_in_a_validation_leaves_it_to_the_next_run(
    tiny_gguf: Path, rows: list[TrainingRow], tmp_path: Path, step: int, whole: tuple[Path, list[Event]]
) -> None:
    backend = Pressed(tiny_gguf, rows, signal.SIGINT)
    backend.at_validation = step
    recipe = recipe_for(rows, STOPPED)
    assert len(length_batches(split_validation(rows, recipe.validation_share)[1], recipe.batch_size)) > 1
    events = stop(backend, tiny_gguf, rows, tmp_path)
    assert isinstance(events[-2], StepTrained) and isinstance(events[-1], CheckpointSaved)
    rest = list(run(tiny_gguf, rows, tmp_path, recipe))
    assert isinstance(rest[1], ValidationMeasured) and rest[1].step == step
    assert curve(events) + curve(rest) == curve(whole[1])
    assert load_result(tmp_path)[0] == load_result(whole[0])[0]


@pytest.mark.slow
def test_a_second_interrupt_does_not_wait_and_the_last_checkpoint_is_gone_on_with(
    tiny_gguf: Path, rows: list[TrainingRow], tmp_path: Path, whole: tuple[Path, list[Event]]
) -> None:
    backend = Pressed(tiny_gguf, rows, signal.SIGINT, signal.SIGINT)
    backend.at_step = 6
    events = stop(backend, tiny_gguf, rows, tmp_path)
    assert [e.step for e in events if isinstance(e, CheckpointSaved)] == [2, 4]
    rest = list(run(tiny_gguf, rows, tmp_path, recipe_for(rows, STOPPED)))
    assert curve(events)[:4] + curve(rest) == curve(whole[1])
